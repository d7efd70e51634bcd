package io.drkit.testkit.engine;

import static io.drkit.testkit.engine.Town.OVER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.event.RunEvent;
import io.drkit.core.journal.CorruptJournalException;
import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.journal.MirroredJournalStore;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.TextReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.run.RunControl;
import io.drkit.core.run.RunReports;
import io.drkit.testkit.engine.Town.Place;
import io.drkit.testkit.time.VirtualClockwork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A damaged word among those that were left for a run. */
class UnreadableWordTest {
    private static final JournalKey KEY = new JournalKey("p", "west", "east");

    @TempDir
    Path home;

    private final VirtualClockwork time = VirtualClockwork.seeded(37);
    private final Town town = new Town();
    private final List<RunEvent> events = new ArrayList<>();

    @AfterEach
    void close() {
        time.close();
    }

    private final RecoveryPlan<Place> plan = Town.plan()
            .step("a", (from, to) -> town.set("a", "1"))
            .undo((from, to) -> town.set("a", "0"))
            .step("b", (from, to) -> town.set("b", "1"))
            .after("a")
            .undo((from, to) -> town.set("b", "0"))
            .build();

    private enum Damage {
        CHECKSUM,
        NO_TEXT,
        NOTHING_AT_ALL,
        NEWER_KIND
    }

    /** Damages the word that was left first. */
    private void damage(Damage how) throws IOException {
        Path file;
        try (Stream<Path> files = Files.walk(home)) {
            file = files.filter(path -> path.endsWith("1/instruction"))
                    .findFirst()
                    .orElseThrow();
        }
        switch (how) {
            // it would end the pause that is asked for, were it believed
            case CHECKSUM -> Files.writeString(file, Files.readString(file).replace("RETRY", "PAUSE"));
            case NO_TEXT -> Files.write(file, new byte[] {(byte) 0xC3, 0x28, (byte) 0xFF});
            case NOTHING_AT_ALL -> Files.delete(file);
            case NEWER_KIND -> Files.writeString(file, "00 {}\n");
        }
    }

    private RunReport cancelledBehind(JournalStore store, Damage how) throws Exception {
        PlanRunner runner = PlanRunner.journalingTo(store)
                .clockwork(time)
                .listener(events::add)
                .build();
        town.takes.put("b", Duration.ofMinutes(10));
        return time.run(() -> {
            time.start("operators", () -> {
                try {
                    time.sleep(Duration.ofSeconds(59));
                    RunControl ann = PlanRunner.journalingTo(store)
                            .clockwork(time)
                            .build()
                            .control(plan, OVER, "ann", "");
                    ann.retry("a", "is damaged before anybody hears it");
                    damage(how);
                    time.sleep(Duration.ofMinutes(1));
                    ann.cancel("enough");
                } catch (InterruptedException | IOException e) {
                    throw new AssertionError(e);
                }
            });
            return runner.run(plan, OVER);
        });
    }

    @ParameterizedTest
    @EnumSource(Damage.class)
    @DisplayName(
            "F3: a damaged word is told, journaled and obeyed by nobody, and the word to stop that comes after it is heard")
    void listen_damagedWordBeforeACancel_hearsTheCancel(Damage how) throws Exception {
        FileJournalStore store = new FileJournalStore(home);
        RunReport report = cancelledBehind(store, how);
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(report.told())
                .singleElement()
                .satisfies(told -> assertThat(told.instruction().kind()).isEqualTo(Instruction.Kind.CANCEL));
        assertThat(report.warnings())
                .filteredOn(warning -> warning.contains("could not be read"))
                .singleElement()
                .satisfies(warning -> assertThat(warning).contains("1/instruction"));
        assertThat(String.join(" ", TextReport.lines(report, 400))).contains("could not be read");
        assertThat(events).filteredOn(RunEvent.WordUnreadable.class::isInstance).hasSize(1);
        assertThat(events).noneMatch(RunEvent.WordsUnreadable.class::isInstance);
        List<JournalEntry> entries = store.runs(KEY, 1).get(0);
        assertThat(entries)
                .filteredOn(entry -> entry.kind() == JournalEntry.Kind.WORD_UNREADABLE)
                .hasSize(1);
        assertThat(RunReports.of(entries)).contains(report);
        assertThatThrownBy(() -> store.instructions(KEY)).isInstanceOf(CorruptJournalException.class);
    }

    @Test
    @DisplayName("F3: what is damaged in one of two mirrored stores is heard from the other, and told")
    void listen_damagedInOneOfTwoStores_isHeardFromTheOther() throws Exception {
        JournalStore store = MirroredJournalStore.of(
                        "disk",
                        new FileJournalStore(home.resolve("one")),
                        "other",
                        new FileJournalStore(home.resolve("two")))
                .build();
        RunReport report = cancelledBehind(store, Damage.CHECKSUM);
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(report.told()).hasSize(2);
        assertThat(report.warnings())
                .filteredOn(warning -> warning.contains("could not be read"))
                .singleElement()
                .satisfies(warning -> assertThat(warning).containsAnyOf("disk, ", "other, "));
    }
}
