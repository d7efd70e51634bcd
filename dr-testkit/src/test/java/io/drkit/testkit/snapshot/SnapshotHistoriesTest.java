package io.drkit.testkit.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.snapshot.Snapshot;
import io.drkit.core.snapshot.Snapshot.State;
import io.drkit.core.snapshot.SnapshotDecision;
import io.drkit.core.snapshot.SnapshotDecision.Reason;
import io.drkit.core.snapshot.SnapshotDecision.Verdict;
import io.drkit.core.snapshot.SnapshotPolicy;
import io.drkit.testkit.evidence.Evidence;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Plays random lives of a store under random policies, with outages, failures, stuck ones, clocks that jump and jobs that come
 * when they like, and holds every decision against a slow restatement of the rules and against what was promised over the whole
 * life. A failure names the history; {@code -Ddrkit.history=N} plays that one alone.
 */
class SnapshotHistoriesTest {
    private static final long SEED = 20261122;
    private static final int HISTORIES = 100_000;

    @Test
    void decide_anyHistory_keepsWhatWasPromisedAndNothingElse() throws Exception {
        Long only = Long.getLong("drkit.history");
        if (only != null) {
            new History(only).play();
            return;
        }
        int decisions = 0;
        int dropped = 0;
        for (int i = 0; i < HISTORIES; i++) {
            History history = new History(SEED + i);
            try {
                history.play();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("History " + (SEED + i) + ": " + e.getMessage(), e);
            }
            decisions += history.decisions;
            dropped += history.droppedInAll;
        }
        assertThat(decisions)
                .as("histories without decisions would prove nothing")
                .isGreaterThan(5 * HISTORIES);
        assertThat(dropped).as("nor those that drop nothing").isGreaterThan(5 * HISTORIES);
        Evidence.atLeast("snapshot-histories", HISTORIES, "histories", 100_000)
                .seed(SEED)
                .write();
    }

    private record Tier(long period, long upTo) {}

    private static final class History {
        private final Random random;
        private final long keepAll;
        private final List<Tier> tiers = new ArrayList<>();
        private final long every;
        private final long tolerance;
        private final long grace;
        private final long stuckAfter;
        private final SnapshotPolicy policy;
        private final Map<String, Snapshot> store = new HashMap<>();
        /** For each tier, the first good one that was ever seen of each period. */
        private final List<Map<Long, Snapshot>> firsts = new ArrayList<>();

        private Instant now;
        private int ids;
        private int decisions;
        private int droppedInAll;

        History(long seed) {
            random = new Random(seed * 0x9E3779B97F4A7C15L);
            every = 600L * (1 + random.nextInt(12));
            keepAll = every * (1 + random.nextInt(8));
            tolerance = random.nextInt(3) * 300L;
            grace = random.nextInt(3) * every;
            stuckAfter = random.nextInt(4) * every;
            long upTo = keepAll;
            long period = every;
            var builder = SnapshotPolicy.takenEvery(Duration.ofSeconds(every))
                    .keepAll(Duration.ofSeconds(keepAll))
                    .clockTolerance(Duration.ofSeconds(tolerance))
                    .failedGrace(Duration.ofSeconds(grace))
                    .stuckAfter(Duration.ofSeconds(stuckAfter));
            for (int t = random.nextInt(4); t > 0; t--) {
                // half of the periods nest, as 12 h in 24 h, the others do not
                period = random.nextBoolean() ? period * (1 + random.nextInt(4)) : period + random.nextInt(20_000);
                upTo += 1 + random.nextInt((int) (12 * every));
                tiers.add(new Tier(period, upTo));
                firsts.add(new HashMap<>());
                builder.thenOnePer(Duration.ofSeconds(period), Duration.ofSeconds(upTo));
            }
            policy = builder.build();
            now = Instant.ofEpochSecond(random.nextInt(4_000_000) - 2_000_000, random.nextInt(1_000_000_000));
        }

        void play() {
            int events = 20 + random.nextInt(40);
            for (int e = 0; e < events; e++) {
                now = now.plusMillis(
                        random.nextInt(20) == 0
                                ? random.nextInt((int) (every * 20_000))
                                : random.nextInt((int) (every * 1_000)) + every * 500);
                take();
                settlePending();
                if (random.nextInt(4) == 0) {
                    prune();
                }
            }
            prune();
        }

        private void take() {
            int kind = random.nextInt(100);
            if (kind < 80) {
                add(now, State.GOOD);
            } else if (kind < 86) {
                add(now, State.PENDING);
            } else if (kind < 92) {
                add(now, State.FAILED);
            } else if (kind < 95) {
                add(now.plusSeconds(random.nextInt(1_000_000)), State.values()[random.nextInt(3)]);
            } else if (kind < 97) {
                add(now, State.GOOD);
                add(now, State.GOOD);
            }
        }

        private void add(Instant taken, State state) {
            ids++;
            // ids do not sort by time
            String id = Integer.toString(ids * 7919 % 10_007, 36);
            store.put(id, new Snapshot(id, taken, state));
        }

        private void settlePending() {
            for (Snapshot s : List.copyOf(store.values())) {
                if (s.state() == State.PENDING && random.nextInt(3) == 0) {
                    State end = random.nextInt(4) == 0 ? State.FAILED : State.GOOD;
                    store.put(s.id(), new Snapshot(s.id(), s.taken(), end));
                }
            }
        }

        /** Lets time come to the very instant at which a snapshot reaches an age that matters, if that is ahead. */
        private void waitForAnAge() {
            List<Snapshot> all = List.copyOf(store.values());
            if (!all.isEmpty()) {
                int which = random.nextInt(tiers.size() + 3);
                long age =
                        which == 0 ? keepAll : which == 1 ? grace : which == 2 ? stuckAfter : tiers.get(which - 3).upTo;
                Instant then = all.get(random.nextInt(all.size())).taken().plusSeconds(age);
                if (then.isAfter(now) && then.isBefore(now.plusSeconds(24 * every))) {
                    now = then;
                }
            }
        }

        private void prune() {
            if (random.nextInt(3) == 0) {
                waitForAnAge();
            }
            List<Snapshot> listed = new ArrayList<>(store.values());
            for (int i = random.nextInt(3); i > 0 && !store.isEmpty(); i--) {
                listed.add(listed.get(random.nextInt(store.size())));
            }
            Collections.shuffle(listed, random);
            SnapshotDecision decision = policy.decide(listed, now);
            decisions++;

            List<Snapshot> goods = store.values().stream()
                    .filter(s -> s.state() == State.GOOD && !future(s))
                    .toList();
            Set<Snapshot> kept = new HashSet<>();
            decision.keep().forEach(v -> kept.add(v.snapshot()));
            for (Verdict v : decision.keep()) {
                check(
                        future(v.snapshot()) == (v.reason() == Reason.IN_THE_FUTURE),
                        "to flag those from the future",
                        v,
                        decision);
            }
            Set<Snapshot> dropped = new HashSet<>();
            decision.drop().forEach(v -> dropped.add(v.snapshot()));
            check(kept.size() + dropped.size() == store.size(), "to decide each once", store.size(), decision);
            for (Snapshot s : store.values()) {
                boolean keep = mustKeep(s, goods);
                check(kept.contains(s) == keep, keep ? "to keep" : "to drop", s, decision);
                check(dropped.contains(s) != keep, "in one list only", s, decision);
            }
            check(decision.nextDue().equals(due()), "the next to be due", due(), decision);
            check(
                    policy.decide(new ArrayList<>(kept), now).drop().isEmpty(),
                    "deciding again to drop nothing more",
                    kept.size(),
                    decision);

            // a run may be cut short
            List<Verdict> drop = new ArrayList<>(decision.drop());
            Collections.shuffle(drop, random);
            int limit = random.nextInt(5) == 0 ? random.nextInt(drop.size() + 1) : drop.size();
            drop.subList(0, limit).forEach(v -> store.remove(v.snapshot().id()));
            droppedInAll += limit;

            promisesHold(goods, decision);
        }

        /** The rules once more, one snapshot at a time. */
        private boolean mustKeep(Snapshot s, List<Snapshot> goods) {
            if (future(s) || s.state() == State.PENDING) {
                return true;
            }
            if (s.state() == State.FAILED) {
                return age(s).compareTo(Duration.ofSeconds(grace)) < 0 || goods.isEmpty();
            }
            if (age(s).compareTo(Duration.ofSeconds(keepAll)) < 0) {
                return true;
            }
            if (goods.stream().noneMatch(other -> before(s, other))) {
                return true;
            }
            for (Tier tier : tiers) {
                if (age(s).compareTo(Duration.ofSeconds(tier.upTo)) < 0
                        && goods.stream()
                                .noneMatch(other -> period(other, tier) == period(s, tier) && before(other, s))) {
                    return true;
                }
            }
            return false;
        }

        private Instant due() {
            Instant newest = null;
            for (Snapshot s : store.values()) {
                boolean underway = s.state() == State.PENDING && age(s).compareTo(Duration.ofSeconds(stuckAfter)) < 0;
                if (!future(s)
                        && (s.state() == State.GOOD || underway)
                        && (newest == null || s.taken().isAfter(newest))) {
                    newest = s.taken();
                }
            }
            if (newest == null) {
                return now;
            }
            long seconds = newest.getEpochSecond();
            return Instant.ofEpochSecond(seconds - Math.floorMod(seconds, every) + every);
        }

        /** What must be so however often, and with whatever cuts, the policy was applied in this life. */
        private void promisesHold(List<Snapshot> goods, SnapshotDecision decision) {
            for (Snapshot good : goods) {
                for (int t = 0; t < tiers.size(); t++) {
                    firsts.get(t).merge(period(good, tiers.get(t)), good, (a, b) -> before(b, a) ? b : a);
                }
            }
            for (int t = 0; t < tiers.size(); t++) {
                Tier tier = tiers.get(t);
                for (Snapshot first : firsts.get(t).values()) {
                    check(
                            age(first).compareTo(Duration.ofSeconds(tier.upTo)) >= 0 || store.containsKey(first.id()),
                            "the first of its period to be left",
                            first,
                            decision);
                }
            }
            check(
                    goods.isEmpty() || store.values().stream().anyMatch(s -> s.state() == State.GOOD && !future(s)),
                    "a good one to be left",
                    goods.size(),
                    decision);
            Snapshot newest =
                    goods.stream().reduce((a, b) -> before(a, b) ? b : a).orElse(null);
            check(newest == null || store.containsKey(newest.id()), "the newest good one to be left", newest, decision);
        }

        private static boolean before(Snapshot a, Snapshot b) {
            int byTime = a.taken().compareTo(b.taken());
            return byTime < 0 || (byTime == 0 && a.id().compareTo(b.id()) < 0);
        }

        private static long period(Snapshot s, Tier tier) {
            return Math.floorDiv(s.taken().getEpochSecond(), tier.period);
        }

        private Duration age(Snapshot s) {
            return Duration.between(s.taken(), now);
        }

        private boolean future(Snapshot s) {
            return s.taken().isAfter(now.plusSeconds(tolerance));
        }

        private void check(boolean holds, String what, Object detail, SnapshotDecision decision) {
            if (!holds) {
                throw new AssertionError("expected " + what + ": " + detail + "; now " + now + ", keep all " + keepAll
                        + " s, tiers " + tiers + ", decided " + decision);
            }
        }
    }
}
