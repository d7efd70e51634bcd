package io.drkit.testkit.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.testkit.evidence.Evidence;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Every schedule of small scenarios of the real lease and the real runner, within bounds that a build has time for. With
 * {@code -Ddrkit.explore=long} each bound is one preemption higher, which takes hours.
 */
@Tag("harness")
class ExploredControllersTest {
    private static final int MORE = "long".equals(System.getProperty("drkit.explore")) ? 1 : 0;
    private static final long NO_LIMIT = Long.MAX_VALUE;
    private static final Set<Mishap> PAUSES = EnumSet.of(Mishap.PAUSE_BEFORE, Mishap.PAUSE_AFTER);

    private record Part(String name, Exploration exploration) {}

    private static void add(List<Part> parts, String name, Scenario scenario, int preemptions, Set<Mishap> mishaps) {
        add(parts, name, Exploration.of(scenario), preemptions, mishaps);
    }

    private static void addBetweenMachines(
            List<Part> parts, String name, Scenario scenario, int preemptions, Set<Mishap> mishaps) {
        add(parts, name + ", between machines", Exploration.of(scenario).betweenMachines(), preemptions, mishaps);
    }

    private static void add(
            List<Part> parts, String name, Exploration exploration, int preemptions, Set<Mishap> mishaps) {
        Exploration all = exploration.preemptions(preemptions + MORE).atMost(NO_LIMIT);
        if (mishaps.isEmpty()) {
            parts.add(new Part(name, all));
        }
        // one exploration a kind: a schedule has one mishap at most, so together they cover the same
        mishaps.forEach(mishap -> parts.add(new Part(name + ", " + mishap, all.mishaps(mishap))));
    }

    /** What the exploration of plans under a lease taught, kept small: it takes a pause and two preemptions. */
    @Test
    @Timeout(300)
    @DisplayName(
            "F11: a resource that hears of an epoch only when it is changed takes a late change of the holder before")
    void explore_resourceThatIsNotToldOfTheEpochWhenItIsLookedAt_isChangedTwice() throws Exception {
        Exploration exploration = Exploration.of(new TwoHolders(false))
                .betweenMachines()
                .mishaps(Mishap.PAUSE_BEFORE)
                .atMost(NO_LIMIT);

        assertThat(exploration.preemptions(1).explore().complete()).isTrue();
        assertThatThrownBy(() -> exploration.preemptions(2).explore())
                .isInstanceOf(Breach.class)
                .hasMessageContaining("a change was made 2 times")
                .hasMessageContaining("with 2 preemptions")
                .hasMessageContaining("PAUSE_BEFORE at resource");
    }

    @Test
    @Timeout(24 * 3600)
    void explore_twoControllersUnderEverySchedule_nothingIsBroken() throws Exception {
        List<Part> parts = new ArrayList<>();
        add(parts, "lease", new TwoHolders(), 3, Set.of());
        add(parts, "lease", new TwoHolders(), 3, EnumSet.complementOf(EnumSet.copyOf(PAUSES)));
        add(parts, "lease", new TwoHolders(), 1, PAUSES);
        addBetweenMachines(parts, "lease", new TwoHolders(), 3, PAUSES);
        addBetweenMachines(parts, "plans under a lease", new TwoPlans(), 3, Set.of());
        addBetweenMachines(parts, "plans under a lease", new TwoPlans(), 3, EnumSet.allOf(Mishap.class));
        addBetweenMachines(parts, "runner", new TwoRunners(false, false), 3, Set.of());
        addBetweenMachines(parts, "runner with a lease", new TwoRunners(true, false), 3, Set.of());
        add(parts, "runner", new TwoRunners(false, false), 2, Set.of());
        add(parts, "runner that undoes", new TwoRunners(false, true), 1, Set.of());
        add(parts, "runner", new TwoRunners(false, false), 1, EnumSet.complementOf(EnumSet.copyOf(PAUSES)));
        add(parts, "runner", new TwoRunners(false, false), 0, PAUSES);
        add(parts, "runner that undoes", new TwoRunners(false, true), 0, EnumSet.allOf(Mishap.class));
        add(parts, "runner with a lease", new TwoRunners(true, false), 1, Set.of());
        add(
                parts,
                "runner with a lease",
                new TwoRunners(true, false),
                0,
                EnumSet.of(Mishap.REQUEST_LOST, Mishap.ANSWER_LOST, Mishap.PARTITION));

        long schedules = 0;
        ExecutorService two = Executors.newFixedThreadPool(2);
        try {
            List<Future<Explored>> running = new ArrayList<>();
            parts.forEach(
                    part -> running.add(two.submit(() -> part.exploration().explore())));
            for (int i = 0; i < parts.size(); i++) {
                Explored explored = running.get(i).get();
                System.out.println(parts.get(i).name() + ": " + explored);
                assertThat(explored.complete()).isTrue();
                schedules += explored.schedules();
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Breach breach) {
                throw breach;
            }
            throw e;
        } finally {
            two.shutdownNow();
        }
        System.out.println("schedules explored exhaustively: " + schedules);
        Evidence.atLeast("schedules-explored", schedules, "schedules", 50_000).write();
        assertThat(schedules).isGreaterThan(50_000);
    }
}
