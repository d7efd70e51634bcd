package io.drkit.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.BlockedException;
import io.drkit.core.Epoch;
import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.World.Place;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process ends at every point at which it can, and another goes on. */
class CrashTest {
    private static final SiteSwitch<Place> OVER = SiteSwitch.switchoverFrom(World.WEST).to(World.EAST);

    /** As if the process were gone: nothing in the engine may handle it. */
    static final class Crash extends Error {
        private static final long serialVersionUID = 1L;
    }

    /** Counts down at each point, and crashes at the last and at every one after it, as a dead process does nothing more. */
    static final class Fuse {
        private int left;
        private boolean blown;

        Fuse(int points) {
            left = points;
        }

        synchronized void point() {
            if (blown || --left < 0) {
                blown = true;
                throw new Crash();
            }
        }

        synchronized boolean blown() {
            return blown;
        }
    }

    @TempDir
    Path root;

    private static RecoveryPlan<Place> plan(World world, boolean failing) {
        return RecoveryPlan.<Place>named("p")
                .rpo(Duration.ofMinutes(1))
                .rto(Duration.ofMinutes(2))
                .step("stop", (from, to) -> world.set("writers", "off"))
                .undo((from, to) -> world.set("writers", "on"))
                .step("copy", (from, to) -> world.set("files", to.name()))
                .after("stop")
                .undo((from, to) -> world.set("files", from.name()))
                .step("promote", (from, to) -> world.set(failing ? "refused" : "primary", to.name()))
                .after("copy")
                .pointOfNoReturn()
                .step("start", (from, to) -> world.set("readers", "on"))
                .after("promote")
                .build();
    }

    private static World world() {
        World world = new World();
        world.values.put("writers", "on");
        world.values.put("files", "west");
        world.values.put("primary", "west");
        world.blocked.put("refused", "it is refused");
        return world;
    }

    @Test
    void resume_afterACrashAtAnyPoint_endsInTheSameStateWithEveryEffectOnce() throws Exception {
        int points = crashEverywhere(false, RunOutcome.SUCCEEDED);
        assertThat(points).as("journal writes and both sides of each effect").isGreaterThanOrEqualTo(4 * 2 + 4 * 2 + 2);
    }

    @Test
    void resume_afterACrashAtAnyPointOfARunThatIsUndone_endsUndone() throws Exception {
        int points = crashEverywhere(true, RunOutcome.UNDONE);
        assertThat(points).isGreaterThanOrEqualTo(4 * 4);
    }

    private int crashEverywhere(boolean failing, RunOutcome expected) throws InterruptedException, IOException {
        World undisturbed = world();
        run(undisturbed, failing, new Fuse(Integer.MAX_VALUE), root.resolve("undisturbed"));
        int overBefore = 0;
        for (int point = 0; ; point++) {
            World world = world();
            Fuse fuse = new Fuse(point);
            Path journals = root.resolve(failing + "-" + point);
            boolean crashed = false;
            RunReport report;
            try {
                run(world, failing, fuse, journals);
            } catch (Crash e) {
                crashed = true;
            }
            if (!fuse.blown()) {
                assertThat(overBefore).isEqualTo(1);
                return point;
            }
            assertThat(crashed)
                    .as("nothing swallows the crash at point %d", point)
                    .isTrue();
            defuse(world);
            PlanRunner next =
                    PlanRunner.journalingTo(new FileJournalStore(journals)).build();
            try {
                report = journalled(journals)
                        ? next.resume(plan(world, failing), OVER)
                        : next.run(plan(world, failing), OVER);
                assertThat(report.outcome()).as("crashed at point %d", point).isEqualTo(expected);
            } catch (BlockedException e) {
                // It crashed when the last entry was durable and only its report was not told yet.
                assertThat(e.code()).isEqualTo("run.nothing-to-resume");
                overBefore++;
            }
            assertThat(world.values).as("crashed at point %d", point).isEqualTo(undisturbed.values);
            assertThat(world.applied).as("crashed at point %d", point).isEqualTo(undisturbed.applied);
        }
    }

    private static boolean journalled(Path journals) throws IOException {
        if (!Files.exists(journals)) {
            return false;
        }
        try (Stream<Path> files = Files.walk(journals)) {
            return files.anyMatch(f -> f.toString().endsWith(".journal"));
        }
    }

    private static RunReport run(World world, boolean failing, Fuse fuse, Path journals) throws InterruptedException {
        for (String key : List.of("writers", "files", "primary", "readers")) {
            world.before.put(key, context -> fuse.point());
            world.after.put(key, context -> fuse.point());
        }
        return PlanRunner.journalingTo(new Crashing(new FileJournalStore(journals), fuse))
                .build()
                .run(plan(world, failing), OVER);
    }

    private static void defuse(World world) {
        world.before.clear();
        world.after.clear();
    }

    /** Crashes before and after each write to the journal. */
    record Crashing(JournalStore store, Fuse fuse) implements JournalStore {
        @Override
        public Journal open(JournalKey key) {
            Journal journal = store.open(key);
            return new Journal() {
                @Override
                public List<JournalEntry> latestRun() {
                    return journal.latestRun();
                }

                @Override
                public Epoch raiseEpoch(Epoch above) {
                    return journal.raiseEpoch(above);
                }

                @Override
                public void begin(JournalEntry first) {
                    fuse.point();
                    journal.begin(first);
                    fuse.point();
                }

                @Override
                public void append(JournalEntry entry) {
                    fuse.point();
                    journal.append(entry);
                    fuse.point();
                }

                @Override
                public void requireHeld(Epoch epoch) {
                    journal.requireHeld(epoch);
                }

                @Override
                public void close() {
                    journal.close();
                }
            };
        }

        @Override
        public Journal takeOver(JournalKey key) {
            return store.takeOver(key);
        }

        @Override
        public List<List<JournalEntry>> runs(JournalKey key, int atMost) {
            return store.runs(key, atMost);
        }

        @Override
        public List<JournalKey> keys() {
            return store.keys();
        }

        @Override
        public void post(JournalKey key, Instruction instruction) {
            store.post(key, instruction);
        }

        @Override
        public List<Instruction> instructions(JournalKey key) {
            return store.instructions(key);
        }
    }
}
