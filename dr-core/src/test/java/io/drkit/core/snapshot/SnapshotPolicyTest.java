package io.drkit.core.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.drkit.core.snapshot.Snapshot.State;
import io.drkit.core.snapshot.SnapshotDecision.Reason;
import io.drkit.core.snapshot.SnapshotDecision.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SnapshotPolicyTest {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Instant NOW = Instant.parse("2026-03-29T12:30:00Z");

    /** Hourly; all for a day, one per 12 h for a week, one per 24 h for 15 days. */
    private static final SnapshotPolicy POLICY = SnapshotPolicy.takenEvery(HOUR)
            .keepAll(Duration.ofHours(24))
            .thenOnePer(Duration.ofHours(12), Duration.ofDays(7))
            .thenOnePer(Duration.ofHours(24), Duration.ofDays(15))
            .build();

    private static Snapshot good(Instant taken) {
        return new Snapshot("s-" + taken, taken, State.GOOD);
    }

    private static Snapshot agedHours(double hours, State state) {
        Instant taken = NOW.minusMillis(Math.round(hours * 3_600_000));
        return new Snapshot(state + "-" + taken, taken, state);
    }

    private static List<Instant> taken(List<Verdict> verdicts) {
        return verdicts.stream().map(v -> v.snapshot().taken()).toList();
    }

    @Test
    @DisplayName("C5: all < 24 h, one per 12 h up to a week, one per 24 h up to 15 days, the rest dropped")
    void decide_monthOfHourlySnapshots_keepsExactlyTheTiers() {
        List<Snapshot> hourly = new ArrayList<>();
        for (int h = 0; h < 30 * 24; h++) {
            hourly.add(good(Instant.parse("2026-03-29T12:00:00Z").minus(HOUR.multipliedBy(h))));
        }
        Collections.shuffle(hourly, new Random(1));

        SnapshotDecision decision = POLICY.decide(hourly, NOW);

        List<Instant> wanted = new ArrayList<>();
        for (int day = 15; day <= 22; day++) {
            wanted.add(Instant.parse("2026-03-" + day + "T00:00:00Z"));
        }
        wanted.add(Instant.parse("2026-03-22T12:00:00Z").plus(Duration.ofHours(12)));
        for (int h = 36; h <= 36 + 4 * 24 + 24; h += 12) {
            wanted.add(Instant.parse("2026-03-22T00:00:00Z").plus(Duration.ofHours(h)));
        }
        for (int h = 0; h < 24; h++) {
            Instant at = Instant.parse("2026-03-28T13:00:00Z").plus(Duration.ofHours(h));
            if (!wanted.contains(at)) {
                wanted.add(at);
            }
        }
        assertThat(taken(decision.keep()))
                .containsExactlyElementsOf(wanted.stream().sorted().toList());
        assertThat(decision.drop()).hasSize(hourly.size() - wanted.size());
        assertThat(decision.suspicious()).isEmpty();
        assertThat(decision.nextDue()).isEqualTo("2026-03-29T13:00:00Z");
    }

    @Test
    @DisplayName("C5: applied each hour for 60 days, the tiers stay full")
    void decide_appliedEachHour_neverStarvesTheOlderTiers() {
        List<Snapshot> store = new ArrayList<>();
        Instant start = Instant.parse("2026-01-01T00:10:00Z");
        for (int h = 0; h < 60 * 24; h++) {
            Instant now = start.plus(HOUR.multipliedBy(h));
            store.add(good(now));
            SnapshotDecision decision = POLICY.decide(store, now);
            store = new ArrayList<>(
                    decision.keep().stream().map(Verdict::snapshot).toList());
            if (h > 20 * 24) {
                assertThat(store.stream().filter(s -> age(s, now).compareTo(Duration.ofHours(24)) < 0))
                        .hasSize(24);
                assertThat(store.stream()
                                .filter(s -> age(s, now).compareTo(Duration.ofHours(24)) >= 0)
                                .filter(s -> age(s, now).compareTo(Duration.ofDays(7)) < 0))
                        .hasSize(12);
                assertThat(store.stream().filter(s -> age(s, now).compareTo(Duration.ofDays(7)) >= 0))
                        .hasSizeBetween(8, 9);
            }
        }
    }

    private static Duration age(Snapshot snapshot, Instant now) {
        return Duration.between(snapshot.taken(), now);
    }

    @Test
    void decide_nothing_isDueNow() {
        SnapshotDecision decision = POLICY.decide(List.of(), NOW);
        assertThat(decision.keep()).isEmpty();
        assertThat(decision.drop()).isEmpty();
        assertThat(decision.due()).isTrue();
    }

    @Test
    void decide_jobThatComesABitEarlyAndLate_isDueOnceEachHour() {
        Snapshot late = good(Instant.parse("2026-03-29T12:00:07Z"));
        assertThat(POLICY.decide(List.of(late), Instant.parse("2026-03-29T12:59:59Z"))
                        .due())
                .isFalse();
        assertThat(POLICY.decide(List.of(late), Instant.parse("2026-03-29T13:00:01Z"))
                        .due())
                .isTrue();
    }

    @Test
    void decide_agesAtTheirLimits_areReachedSharp() {
        SnapshotPolicy simple =
                SnapshotPolicy.takenEvery(HOUR).keepAll(Duration.ofHours(24)).build();
        SnapshotDecision decision = simple.decide(
                List.of(
                        good(NOW.minus(Duration.ofHours(24))),
                        good(NOW.minus(Duration.ofHours(24)).plusNanos(1))),
                NOW);
        assertThat(decision.drop()).singleElement().satisfies(dropped -> {
            assertThat(dropped.reason()).isEqualTo(Reason.TOO_OLD);
            assertThat(dropped.snapshot().taken()).isEqualTo(NOW.minus(Duration.ofHours(24)));
        });
    }

    @Test
    void decide_allTooOld_keepsTheNewestGoodOne() {
        SnapshotDecision decision = POLICY.decide(
                List.of(agedHours(900, State.GOOD), agedHours(800, State.GOOD), agedHours(700, State.FAILED)), NOW);
        assertThat(decision.keep()).extracting(Verdict::reason).containsExactly(Reason.NEWEST_GOOD);
        assertThat(decision.drop()).extracting(Verdict::reason).containsExactly(Reason.TOO_OLD, Reason.FAILED_LONG_AGO);
        assertThat(decision.due()).isTrue();
    }

    @Test
    void decide_noGoodOne_dropsNothing() {
        SnapshotDecision decision =
                POLICY.decide(List.of(agedHours(900, State.FAILED), agedHours(1, State.FAILED)), NOW);
        assertThat(decision.drop()).isEmpty();
        assertThat(decision.keep())
                .extracting(Verdict::reason)
                .containsExactly(Reason.FAILED_BUT_NO_GOOD_ONE, Reason.FAILED_LATELY);
        assertThat(decision.suspicious()).hasSize(2);
        assertThat(decision.due()).isTrue();
    }

    @Test
    void decide_onlyGoodOneIsInTheFuture_dropsNoFailedOne() {
        SnapshotDecision decision =
                POLICY.decide(List.of(agedHours(900, State.FAILED), agedHours(-50, State.GOOD)), NOW);
        assertThat(decision.drop()).isEmpty();
    }

    @Test
    void decide_datedInTheFuture_isKeptFlaggedAndMakesNobodyOld() {
        Snapshot newest = agedHours(900, State.GOOD);
        SnapshotDecision decision = POLICY.decide(List.of(agedHours(-5000, State.GOOD), newest), NOW);
        assertThat(decision.keep())
                .extracting(Verdict::snapshot, Verdict::reason)
                .containsExactly(
                        tuple(newest, Reason.NEWEST_GOOD), tuple(agedHours(-5000, State.GOOD), Reason.IN_THE_FUTURE));
        assertThat(decision.suspicious()).hasSize(1);
        assertThat(decision.due()).isTrue();
    }

    @Test
    void decide_storesClockALittleAhead_isNoReasonForSuspicion() {
        Snapshot ahead = agedHours(-5 / 60.0, State.GOOD);
        SnapshotDecision decision = POLICY.decide(List.of(ahead), NOW);
        assertThat(decision.keep()).extracting(Verdict::reason).containsExactly(Reason.YOUNG);
        assertThat(decision.due()).isFalse();
    }

    @Test
    void decide_pending_isKeptCountsAsTakenAndIsFlaggedWhenStuck() {
        SnapshotDecision fresh = POLICY.decide(List.of(agedHours(0.1, State.PENDING)), NOW);
        assertThat(fresh.keep()).extracting(Verdict::reason).containsExactly(Reason.PENDING);
        assertThat(fresh.due()).isFalse();
        SnapshotPolicy daily = SnapshotPolicy.takenEvery(Duration.ofDays(1))
                .keepAll(Duration.ofDays(2))
                .build();
        SnapshotDecision stuck = daily.decide(List.of(agedHours(6, State.PENDING)), NOW);
        assertThat(stuck.suspicious()).extracting(Verdict::reason).containsExactly(Reason.STUCK);
        assertThat(stuck.due()).isTrue();
    }

    @Test
    void decide_failed_doesNotCountAsTaken() {
        assertThat(POLICY.decide(List.of(agedHours(0.1, State.FAILED)), NOW).due())
                .isTrue();
    }

    @Test
    void decide_sameSnapshotListedTwice_countsOnce() {
        Snapshot twice = agedHours(30, State.GOOD);
        SnapshotDecision decision = POLICY.decide(List.of(twice, agedHours(1, State.GOOD), twice), NOW);
        assertThat(decision.keep()).hasSize(2);
        assertThat(decision.drop()).isEmpty();
    }

    @Test
    void decide_twoTakenAtTheSameInstant_oneStandsForBoth() {
        Instant taken = NOW.minus(Duration.ofHours(100));
        SnapshotDecision decision = POLICY.decide(
                List.of(
                        agedHours(1, State.GOOD),
                        new Snapshot("b", taken, State.GOOD),
                        new Snapshot("a", taken, State.GOOD)),
                NOW);
        assertThat(decision.drop())
                .extracting(v -> v.snapshot().id(), Verdict::reason)
                .containsExactly(tuple("b", Reason.NOT_FIRST_OF_PERIOD));
    }

    @Test
    void decide_oneIdWithTwoMeanings_isKeptFlaggedAndTrustedForNothing() {
        Instant old = NOW.minus(Duration.ofDays(100));
        SnapshotDecision decision = POLICY.decide(
                List.of(
                        new Snapshot("x", old, State.FAILED),
                        new Snapshot("x", NOW.minusSeconds(60), State.GOOD),
                        new Snapshot("y", old, State.GOOD)),
                NOW);
        assertThat(decision.drop()).isEmpty();
        assertThat(decision.keep())
                .extracting(v -> v.snapshot().id(), Verdict::reason)
                .containsExactlyInAnyOrder(
                        tuple("x", Reason.CONTRADICTORY),
                        tuple("x", Reason.CONTRADICTORY),
                        tuple("y", Reason.NEWEST_GOOD));
        assertThat(decision.due()).isTrue();
    }

    @Test
    void decide_periodsThatDoNotNest_bothKeepTheirFirst() {
        SnapshotPolicy odd = SnapshotPolicy.takenEvery(HOUR)
                .keepAll(HOUR)
                .thenOnePer(Duration.ofHours(12), Duration.ofDays(2))
                .thenOnePer(Duration.ofHours(13), Duration.ofDays(100))
                .build();
        // 13 h periods begin at 13 h: 14 h is not the first of its 12 h, but must be left when the 12 h tier is over
        Snapshot twelve = good(Instant.ofEpochSecond(12 * 3600));
        Snapshot fourteen = good(Instant.ofEpochSecond(14 * 3600));
        Instant dayLater = Instant.ofEpochSecond(40 * 3600);
        assertThat(odd.decide(List.of(twelve, fourteen, good(dayLater)), dayLater)
                        .drop())
                .isEmpty();
    }

    @Test
    void decide_beforeTheEpochAndAtTheEndsOfTime_staysSane() {
        SnapshotDecision decision = POLICY.decide(
                List.of(good(Instant.MIN), good(Instant.MAX), good(Instant.parse("1969-12-31T23:00:00Z"))), NOW);
        assertThat(decision.keep())
                .extracting(Verdict::reason)
                .containsExactly(Reason.NEWEST_GOOD, Reason.IN_THE_FUTURE);
    }

    @Test
    void builder_badValues_areRefusedAtOnce() {
        var builder = SnapshotPolicy.takenEvery(HOUR);
        assertThatThrownBy(() -> SnapshotPolicy.takenEvery(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.keepAll(Duration.ofMillis(1500))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.thenOnePer(Duration.ofHours(-1), HOUR))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.stuckAfter(Duration.ofNanos(-1))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void builder_badCombinations_areRefused() {
        assertThatThrownBy(() -> SnapshotPolicy.takenEvery(HOUR).build()).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> SnapshotPolicy.takenEvery(HOUR).keepAll(HOUR).keepAll(HOUR))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> SnapshotPolicy.takenEvery(HOUR)
                        .keepAll(HOUR)
                        .thenOnePer(HOUR, HOUR)
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("keeps nothing beyond");
        assertThatThrownBy(() -> SnapshotPolicy.takenEvery(HOUR)
                        .keepAll(HOUR)
                        .thenOnePer(Duration.ofHours(4), Duration.ofHours(9))
                        .thenOnePer(Duration.ofHours(3), Duration.ofHours(10))
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("cannot follow");
    }
}
