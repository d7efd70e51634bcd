package io.drkit.testkit.disaster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.drkit.core.plan.Mode;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.replica.FailoverTerms;
import io.drkit.testkit.disaster.Shop.Mistake;
import io.drkit.testkit.disaster.Shop.Place;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("harness")
class DisastersTest {
    @Test
    @DisplayName("A15, F1, F3, F5, F6, F11, F12, F13: a plan of twelve steps survives any disaster")
    void planOfTwelveSteps_survivesAnyDisaster() throws Exception {
        int runs = 3_000;

        Tally tally = Shop.disasters().runs(runs).holds(Invariants.all());

        assertThat(tally.disasters()).isEqualTo(runs);
        assertThat(tally.mishaps().keySet())
                .as("every kind of mishap struck")
                .contains(
                        "CallFails",
                        "ClockJump",
                        "ClocksDrift",
                        "Crash",
                        "Interrupted",
                        "JournalFails",
                        "Lag",
                        "Outage",
                        "Partition",
                        "Pause",
                        "PodsFail",
                        "SecondOperator",
                        "Throttled");
        assertThat(tally.steps())
                .as("steps while which something struck")
                .hasSize(12)
                .allSatisfy((step, struck) -> assertThat(struck).as(step).isPositive());
        assertThat(tally.deaths()).as("processes that died").isGreaterThan(runs / 10);
        assertThat(tally.resumptions()).isGreaterThan(runs / 10);
        assertThat(tally.outcomes()).containsKeys("switchover SUCCEEDED", "switchover UNDONE", "failover SUCCEEDED");
        assertThat(tally.lost()).as("a failover does lose something").isPositive();
    }

    @Test
    void planWithALongWait_isDisturbedInEachOfItsSteps() throws Exception {
        Duration wait = Duration.ofMinutes(10);
        Set<String> struckLate = ConcurrentHashMap.newKeySet();
        Invariant watch = Invariant.named("watches", "none", history -> {
            history.events(Event.Struck.class).stream()
                    .filter(struck -> !struck.over() && struck.at().compareTo(wait) > 0)
                    .forEach(struck -> struckLate.add(struck.mishap().getClass().getSimpleName()));
            return Optional.empty();
        });

        Tally tally = Disasters.against(world -> Shop.patientPlan(world, wait))
                .over(Place::of)
                .traffic(Shop.NAME)
                .serving(Shop.WEB, 2)
                .runs(300)
                .holds(Stream.concat(Arrays.stream(Invariants.all()), Stream.of(watch))
                        .toArray(Invariant[]::new));

        assertThat(tally.steps().keySet())
                .containsExactly("move traffic", "promote", "start web", "stop web", "wait for caches");
        assertThat(tally.steps().values()).as("how often %s", tally.steps()).allMatch(struck -> struck >= 5);
        assertThat(struckLate).contains("CallFails", "Crash", "Outage", "Partition", "PodsFail", "Throttled");
    }

    @Test
    void planThatAsksForAnApproval_isGivenIt() throws Exception {
        Tally tally = Disasters.against(world -> RecoveryPlan.<Place>named("shop")
                        .rpo(Duration.ofMinutes(1))
                        .rto(Duration.ofMinutes(15))
                        .step("stop web", (from, to) -> from.workloads().toZero(Shop.WEB))
                        .undo((from, to) -> from.workloads().restore(Shop.WEB))
                        .approval("go", "commander", Duration.ofMinutes(30))
                        .onlyIn(Mode.SWITCHOVER)
                        .step("promote", (from, to) -> world.promoter().switchover(from.database(), to.database()))
                        .inFailover((from, to) -> world.promoter()
                                .failover(from.database(), to.database(), FailoverTerms.fencedBy(from.fence())))
                        .after("stop web")
                        .pointOfNoReturn()
                        .step("start web", (from, to) -> to.workloads().restore(Shop.WEB))
                        .after("promote")
                        .step("move traffic", (from, to) -> world.dns().pointTo(Shop.NAME, to.host()))
                        .after("start web")
                        .restoresService()
                        .build())
                .over(Place::of)
                .traffic(Shop.NAME)
                .serving(Shop.WEB, 2)
                .runs(50)
                .holds(Invariants.all());

        assertThat(tally.outcomes()).containsKey("switchover SUCCEEDED");
    }

    @Test
    void failure_saysWhatIsBrokenWhyAndHowToSeeItAgain() {
        DisasterFound found = catchThrowableOfType(
                DisasterFound.class,
                () -> Shop.disasters(Mistake.NO_FENCE).runs(1_000).holds(Invariants.all()));

        assertThat(found)
                .hasMessageStartingWith("Broken at ")
                .hasMessageContaining("never two writable primaries")
                .hasMessageContaining("Likely mistake: a failover promotes without a confirmed fence")
                .hasMessageContaining("outage of west, but its database can be fenced")
                .hasMessageContaining("clients can write to [east, west]")
                .hasMessageContaining("Disasters.….replay(\"" + found.replay() + "\").holds(…)");
        assertThat(found.getMessage().lines().count()).as("lines to read").isLessThan(60);
    }

    @Test
    void failure_replayed_isTheSame() {
        DisasterFound found = catchThrowableOfType(
                DisasterFound.class,
                () -> Shop.disasters(Mistake.NO_FENCE).runs(1_000).holds(Invariants.all()));

        assertThatThrownBy(() ->
                        Shop.disasters(Mistake.NO_FENCE).replay(found.replay()).holds(Invariants.all()))
                .isInstanceOf(DisasterFound.class)
                .hasMessage(found.getMessage());
        Shop.disasters().replay(found.replay()).holds(Invariants.all());
    }

    @Test
    void failure_ofManyMishaps_isShrunkToThoseThatItTakes() {
        DisasterFound found = catchThrowableOfType(
                DisasterFound.class,
                () -> Shop.disasters(Mistake.UNDO_FORGOTTEN).runs(1_000).holds(Invariants.reportsAreTrue()));

        String[] token = found.replay().split(":");
        List<String> kept = token.length == 1 ? List.of() : List.of(token[1].split(","));
        for (String dropped : kept) {
            List<String> fewer =
                    kept.stream().filter(other -> !other.equals(dropped)).toList();
            Shop.disasters(Mistake.UNDO_FORGOTTEN)
                    .replay(token[0] + ":" + String.join(",", fewer))
                    .holds(Invariants.reportsAreTrue());
        }
    }

    @Test
    void failure_thatNoSingleMishapLessShows_isShrunkAllTheSame() {
        Invariant oneOrMany = Invariant.named("neither one nor many", "none", history -> {
            List<Mishap> struck = history.events(Event.Struck.class).stream()
                    .filter(event -> !event.over())
                    .map(Event.Struck::mishap)
                    .toList();
            return struck.size() >= 4 || (struck.size() == 1 && !(struck.get(0) instanceof Mishap.Outage))
                    ? Optional.of(new Breach(history.end(), struck.size() + " mishaps"))
                    : Optional.empty();
        });
        long seed = 1;
        while (Shop.disasters().drawn(seed).mishaps().stream()
                        .filter(mishap -> mishap.begins().isPresent() && !(mishap instanceof Mishap.Outage))
                        .count()
                < 4) {
            seed++;
        }
        long drawn = seed;

        DisasterFound found = catchThrowableOfType(
                DisasterFound.class, () -> Shop.disasters().seed(drawn).runs(1).holds(oneOrMany));

        assertThat(found.replay()).matches(drawn + ":[0-9]");
    }

    @Test
    void disasters_areAlsoUnderALeaseAndGoBack() throws InterruptedException {
        AtomicInteger back = new AtomicInteger();
        AtomicInteger leased = new AtomicInteger();
        Invariant seen = Invariant.named("seen", "none", history -> {
            for (Event.RunEnded ended : history.events(Event.RunEnded.class)) {
                if (ended.report().from().equals(Scene.EAST) && ended.report().succeeded()) {
                    back.incrementAndGet();
                }
            }
            if (history.events(Event.Changed.class).stream()
                    .anyMatch(change -> change.place().equals(Scene.LEASES))) {
                leased.incrementAndGet();
            }
            return Optional.empty();
        });

        Shop.disasters().runs(300).holds(seen);

        assertThat(back.get()).as("ways back that succeeded").isGreaterThan(30);
        assertThat(leased.get()).as("disasters under a lease").isGreaterThan(80);

        back.set(0);
        Shop.disasters().oneWay().runs(300).holds(seen);

        assertThat(back.get()).as("ways back of a plan that does not lead back").isZero();
    }

    @Test
    void failure_onAnyNumberOfThreads_isTheSame() {
        DisasterFound one = catchThrowableOfType(
                DisasterFound.class,
                () -> Shop.disasters(Mistake.UNDO_FORGOTTEN)
                        .runs(500)
                        .threads(1)
                        .holds(Invariants.all()));
        DisasterFound several = catchThrowableOfType(
                DisasterFound.class,
                () -> Shop.disasters(Mistake.UNDO_FORGOTTEN)
                        .runs(500)
                        .threads(5)
                        .holds(Invariants.all()));

        assertThat(several).hasMessage(one.getMessage());
    }

    @Test
    void timeline_ofTheSameSeed_isTheSameToTheByte() {
        for (long seed = 1; seed <= 40; seed++) {
            String token = Shop.disasters().drawn(seed).token();
            List<String> first = Shop.disasters().replay(token).timeline();
            assertThat(Shop.disasters().replay(token).timeline()).isEqualTo(first);
        }
    }

    @Test
    void invariantOfOnesOwn_isCheckedLikeTheOthers() {
        Invariant quick = Invariant.named(
                "it is over within 30 s",
                "pods start too slowly",
                history -> history.events(Event.RunEnded.class).stream()
                        .filter(ended -> ended.at().toSeconds() > 30)
                        .findFirst()
                        .map(ended -> new Breach(ended.at(), "it took until then")));

        assertThatThrownBy(() -> Shop.disasters().runs(200).holds(quick))
                .isInstanceOf(DisasterFound.class)
                .hasMessageContaining("it is over within 30 s")
                .hasMessageContaining("pods start too slowly");
    }

    @Test
    void invariantThatNothingBreaks_holds() throws InterruptedException {
        Tally tally =
                Shop.disasters().runs(20).holds(Invariant.named("anything goes", "none", history -> Optional.empty()));

        assertThat(tally.disasters()).isEqualTo(20);
    }

    @Test
    void replay_ofAMishapThatIsNotThere_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Shop.disasters().replay("1:99"))
                .withMessageContaining("no mishap 99");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Shop.disasters().replay("what"))
                .withMessageContaining("what");
        assertThatIllegalArgumentException().isThrownBy(() -> Shop.disasters().runs(0));
        assertThatIllegalArgumentException().isThrownBy(() -> Shop.disasters().threads(0));
    }
}
