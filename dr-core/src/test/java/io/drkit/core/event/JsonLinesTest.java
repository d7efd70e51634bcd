package io.drkit.core.event;

import static io.drkit.core.report.Reports.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drkit.core.DataLoss;
import io.drkit.core.Epoch;
import io.drkit.core.action.Progress;
import io.drkit.core.journal.Instruction;
import io.drkit.core.report.JsonReport;
import io.drkit.core.report.Reports;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepStatus;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class JsonLinesTest {
    static final List<RunEvent> ALL = List.of(
            new RunEvent.RunBegan(
                    at(0), "shop", "failover west → east", "4be2a90c17d3", new Epoch(7), List.of("a", "b"), true),
            new RunEvent.StepBegan(at(1), "a", "makes a", false),
            new RunEvent.StepApplying(at(2), "a", List.of("x → y"), 2, false),
            new RunEvent.StepWaiting(at(3), "a", "pods", false),
            new RunEvent.StepProgressed(at(4), "a", Progress.openEnded("copying", 12, "files"), false),
            new RunEvent.StepOutcomeUnknown(at(5), "a", "timeout\nafter send", false),
            new RunEvent.StepOverran(at(6), "a", Duration.ofMinutes(5), false),
            new RunEvent.FactRecorded(at(7), "a", "k", "v"),
            new RunEvent.LossStated(at(8), "a", DataLoss.unknown("db", DataLoss.Stage.BOUND, "no lag")),
            new RunEvent.StepEnded(at(9), "a", StepStatus.FAILED, "no", Duration.ofSeconds(8), false),
            new RunEvent.UndoBegan(at(10), "a failed"),
            new RunEvent.Instructed(at(11), said(), Optional.of("it is paused already")),
            new RunEvent.WordAwaited(
                    at(12), RunReport.Wait.For.APPROVAL, "a", "go", "commander", Duration.ofMinutes(5)),
            new RunEvent.WordLapsed(at(13), RunReport.Wait.For.APPROVAL, "a", "go"),
            new RunEvent.FailedOver(at(14), "failover west → east", List.of("a")),
            new RunEvent.Attached(at(15), "4be2a90c17d3"),
            new RunEvent.OwnerSilent(at(16), "4be2a90c17d3", Duration.ofMinutes(1)),
            new RunEvent.WordsUnreadable(at(17), "2026-11-22.jsonl, line 3, is no instruction"),
            new RunEvent.WordUnreadable(at(18), "instructions/7/1", "no checksum"),
            new RunEvent.RunBrokeOff(at(19), "it was taken over"),
            new RunEvent.RunEnded(at(400), Reports.stopped()));

    private static Instruction said() {
        return new Instruction("i1", Instruction.Kind.PAUSE, "", "ann", "commander", "wait for the bank", at(10));
    }

    private final ObjectMapper json = new ObjectMapper();

    @Test
    void on_everyEvent_oneLineWithEveryField() throws IOException {
        assertThat(ALL.stream().map(Object::getClass).distinct())
                .hasSize(RunEvent.class.getPermittedSubclasses().length);
        StringWriter out = new StringWriter();
        JsonLines lines = new JsonLines(out);

        ALL.forEach(lines::on);

        List<String> written = out.toString().lines().toList();
        assertThat(written).hasSameSizeAs(ALL);
        for (int i = 0; i < written.size(); i++) {
            JsonNode line = json.readTree(written.get(i));
            List<String> fields = Stream.concat(
                            Stream.of("event"),
                            Stream.of(ALL.get(i).getClass().getRecordComponents())
                                    .map(RecordComponent::getName))
                    .toList();
            assertThat(line.fieldNames()).toIterable().containsExactlyInAnyOrderElementsOf(fields);
            assertThat(line.get("event").asText())
                    .isEqualTo(ALL.get(i).getClass().getSimpleName());
            assertThat(line.get("at").asText()).isEqualTo(ALL.get(i).at().toString());
        }
    }

    @Test
    void on_unknownFigures_null() throws IOException {
        StringWriter out = new StringWriter();
        JsonLines lines = new JsonLines(out);
        lines.on(ALL.get(4));
        lines.on(ALL.get(8));

        List<String> written = out.toString().lines().toList();
        assertThat(written.get(0)).contains("\"done\":12,\"total\":null");
        assertThat(written.get(1)).contains("\"time\":null,\"bytes\":null");
    }

    @Test
    void on_runEnded_holdsTheReport() throws IOException {
        StringWriter out = new StringWriter();
        new JsonLines(out).on(ALL.get(ALL.size() - 1));

        assertThat(JsonReport.fromJson(
                        json.readTree(out.toString()).get("report").toString()))
                .isEqualTo(Reports.stopped());
    }

    @Test
    void on_writerFailsInTheMiddleOfALine_nextBeginsAnew() {
        StringBuilder disk = new StringBuilder();
        Writer full = new Writer() {
            boolean failed;

            @Override
            public void write(char[] text, int from, int length) throws IOException {
                if (!failed) {
                    failed = true;
                    disk.append(text, from, 5);
                    throw new IOException("disk full");
                }
                disk.append(text, from, length);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        JsonLines lines = new JsonLines(full);

        assertThatThrownBy(() -> lines.on(ALL.get(1))).isInstanceOf(UncheckedIOException.class);
        lines.on(ALL.get(2));
        lines.on(ALL.get(3));

        assertThat(disk.toString().lines()).hasSize(3).element(1).asString().startsWith("{\"event\":\"StepApplying\"");
    }
}
