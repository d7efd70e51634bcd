package io.drkit.core.report;

import static io.drkit.core.report.Reports.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drkit.core.BlockedException;
import io.drkit.core.DataLoss;
import io.drkit.core.Epoch;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.Objectives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonReportTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory;

    @Test
    void fromJson_everyOptionalFull_sameReport() {
        RunReport full = full();

        assertThat(JsonReport.fromJson(JsonReport.toJson(full))).isEqualTo(full);
    }

    @Test
    void fromJson_everyOptionalEmpty_sameReport() {
        RunReport empty = empty();

        assertThat(JsonReport.fromJson(JsonReport.toJson(empty))).isEqualTo(empty);
    }

    @Test
    void fromJson_everyKindOfRun_sameReport() {
        for (RunReport report :
                List.of(Reports.failover(), Reports.stopped(), Reports.undone(), Reports.undoIncomplete())) {
            assertThat(JsonReport.fromJson(JsonReport.toJson(report))).isEqualTo(report);
        }
    }

    @Test
    void fromJson_ofAReleaseThatDidNotSayWhenItWasDetected_isRead() throws IOException {
        ObjectNode json = (ObjectNode) JSON.readTree(JsonReport.toJson(Reports.failover()));
        json.remove("detectedAt");

        assertThat(JsonReport.fromJson(json.toString())).isEqualTo(Reports.failover());
    }

    @Test
    void toJson_unknownFigures_nullAndNotZero() throws IOException {
        JsonNode json = JSON.readTree(JsonReport.toJson(empty()));

        for (String pointer : List.of(
                "/reason",
                "/outageBegan",
                "/losses/0/time",
                "/losses/0/bytes",
                "/steps/0/began",
                "/steps/0/ended",
                "/steps/0/undoBegan",
                "/steps/0/undoEnded",
                "/achieved/serviceRestored",
                "/achieved/rto",
                "/achieved/rpo",
                "/achieved/breakdown")) {
            assertThat(json.at(pointer).isNull()).as(pointer).isTrue();
        }
        assertThat(json.at("/achieved/rtoVerdict").asText()).isEqualTo("UNKNOWN");
        assertThat(json.at("/achieved/rpoVerdict").asText()).isEqualTo("UNKNOWN");
    }

    @Test
    @DisplayName("C9, D12: objectives, achieved figures and the breakdown are in the JSON under stable names")
    void toJson_failover_documentedFields() throws IOException {
        JsonNode json = JSON.readTree(JsonReport.toJson(Reports.failover()));

        assertThat(json.get("format").asText()).isEqualTo("drkit.run-report");
        assertThat(json.get("version").asInt()).isEqualTo(1);
        assertThat(json.fieldNames())
                .toIterable()
                .containsExactly(
                        "format",
                        "version",
                        "plan",
                        "planHash",
                        "runId",
                        "epoch",
                        "mode",
                        "from",
                        "to",
                        "outcome",
                        "reason",
                        "outageBegan",
                        "detectedAt",
                        "began",
                        "ended",
                        "resumptions",
                        "objectives",
                        "losses",
                        "steps",
                        "told",
                        "waits",
                        "warnings",
                        "achieved");
        assertThat(json.at("/objectives").toString()).isEqualTo("{\"rpo\":\"PT15M\",\"rto\":\"PT30M\"}");
        assertThat(json.at("/losses/1").toString())
                .isEqualTo(
                        "{\"step\":\"promote the database\",\"subject\":\"database shop\",\"stage\":\"ACHIEVED\","
                                + "\"time\":\"PT8S\",\"bytes\":1310720,"
                                + "\"basis\":\"COMPARED\",\"evidence\":\"compared with the fenced primary's last flushed position\"}");
        assertThat(json.at("/steps/3").fieldNames())
                .toIterable()
                .containsExactly(
                        "name",
                        "description",
                        "after",
                        "pointOfNoReturn",
                        "restoresService",
                        "status",
                        "began",
                        "ended",
                        "attempts",
                        "changes",
                        "detail",
                        "undoBegan",
                        "undoEnded",
                        "facts");
        assertThat(json.at("/steps/3/facts").fieldNames())
                .toIterable()
                .containsExactly("by", "fence", "lsn", "timeline");
        assertThat(json.at("/outageBegan").asText()).isEqualTo("2026-03-01T09:53:30Z");
        assertThat(json.at("/achieved/rto").asText()).isEqualTo("PT10M35S");
        assertThat(json.at("/achieved/rtoVerdict").asText()).isEqualTo("MET");
        assertThat(json.at("/achieved/breakdown/0").toString())
                .isEqualTo(
                        "{\"kind\":\"BEFORE_RUN\",\"what\":\"detection and decision\","
                                + "\"began\":\"2026-03-01T09:53:30Z\",\"ended\":\"2026-03-01T10:00:00Z\",\"took\":\"PT6M30S\"}");
    }

    @Test
    void fromJson_fieldsOfALaterRelease_passedOver() throws IOException {
        ObjectNode json = (ObjectNode) JSON.readTree(JsonReport.toJson(Reports.failover()));
        json.put("mood", "good");
        ((ObjectNode) json.at("/steps/0")).put("cost", 3);

        assertThat(JsonReport.fromJson(json.toString())).isEqualTo(Reports.failover());
    }

    @Test
    void fromJson_anyFieldDamaged_refusedAndNamed() throws IOException {
        for (String pointer : List.of(
                "/plan",
                "/epoch",
                "/mode",
                "/outcome",
                "/began",
                "/resumptions",
                "/objectives/rto",
                "/losses/0/stage",
                "/losses/0/bytes",
                "/losses/0/time",
                "/steps/0/status",
                "/steps/0/attempts",
                "/steps/0/pointOfNoReturn",
                "/steps/0/changes",
                "/steps/0/facts",
                "/steps/0/undoEnded")) {
            ObjectNode json = (ObjectNode) JSON.readTree(JsonReport.toJson(full()));
            int last = pointer.lastIndexOf('/');
            ((ObjectNode) json.at(pointer.substring(0, last))).put(pointer.substring(last + 1), 1.5);

            assertThatExceptionOfType(BlockedException.class)
                    .as(pointer)
                    .isThrownBy(() -> JsonReport.fromJson(json.toString()))
                    .withMessageContaining(pointer.substring(last + 1))
                    .satisfies(e -> assertThat(e.code()).isEqualTo("report.unreadable"));
        }
    }

    @Test
    void fromJson_requiredFieldMissing_refused() throws IOException {
        ObjectNode json = (ObjectNode) JSON.readTree(JsonReport.toJson(full()));
        ((ObjectNode) json.at("/steps/0")).remove("status");

        assertThatThrownBy(() -> JsonReport.fromJson(json.toString()))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("the report.steps[0].status missing");
    }

    @Test
    void fromJson_noReportAtAll_refused() {
        String whole = JsonReport.toJson(full());
        for (String text : List.of(
                "",
                "null",
                "[]",
                "{}",
                whole.substring(0, whole.length() / 2),
                whole + whole,
                whole.replace("\"version\" : 1", "\"version\" : 2"),
                whole.replace("\"epoch\" : 7", "\"epoch\" : -7"),
                whole.replace("\"epoch\" : 7", "\"epoch\" : 7, \"epoch\" : 8"),
                whole.replace("SUCCEEDED", "SUCCEEDING"))) {
            assertThatExceptionOfType(BlockedException.class)
                    .as(text)
                    .isThrownBy(() -> JsonReport.fromJson(text))
                    .satisfies(e -> assertThat(e.code()).isEqualTo("report.unreadable"));
        }
    }

    @Test
    void write_overAnOlderFile_replacesItAndLeavesNothingElse() throws IOException {
        Path file = directory.resolve("report.json");
        Files.writeString(file, "older");

        JsonReport.write(Reports.failover(), file);

        assertThat(JsonReport.read(file)).isEqualTo(Reports.failover());
        assertThat(directory).isDirectoryContaining(path -> path.equals(file));
        try (var all = Files.list(directory)) {
            assertThat(all).containsExactly(file);
        }
    }

    @Test
    void write_leftoverOfACrash_doesNotHinder() throws IOException {
        Files.writeString(directory.resolve(".report.json.0.part"), "half of a rep");
        Path file = directory.resolve("report.json");

        JsonReport.write(Reports.failover(), file);

        assertThat(JsonReport.read(file)).isEqualTo(Reports.failover());
    }

    @Test
    void write_targetCannotBeReplaced_failsAndLeavesNoPart() throws IOException {
        Path taken = Files.createDirectory(directory.resolve("report.json"));
        Files.writeString(taken.resolve("inside"), "x");

        assertThatThrownBy(() -> JsonReport.write(Reports.failover(), taken)).isInstanceOf(IOException.class);

        try (var all = Files.list(directory)) {
            assertThat(all).containsExactly(taken);
        }
    }

    static RunReport full() {
        Instant fine = Instant.parse("2026-03-01T09:00:00.123456789Z");
        return new RunReport(
                "shop \"é\" → \u0007\n</script>",
                "h",
                "r",
                new Epoch(7),
                Mode.FAILOVER,
                "west",
                "east",
                RunOutcome.SUCCEEDED,
                Optional.of("because"),
                Optional.of(fine),
                Optional.of(fine.plusNanos(1)),
                at(0),
                at(100),
                2,
                new Objectives(Duration.ZERO, Duration.ofMillis(1)),
                List.of(new RunReport.StatedLoss(
                        "a",
                        new DataLoss(
                                "s",
                                DataLoss.Stage.ACHIEVED,
                                Optional.of(Duration.ofNanos(1)),
                                OptionalLong.of(Long.MAX_VALUE),
                                DataLoss.Basis.COMPARED,
                                "b"))),
                List.of(new StepReport(
                        "a",
                        "d",
                        List.of("x", "y"),
                        true,
                        true,
                        StepStatus.DONE,
                        Optional.of(fine),
                        Optional.of(at(1)),
                        3,
                        List.of("c1", "c2"),
                        "detail",
                        Optional.of(at(2)),
                        Optional.of(at(3)),
                        Map.of("k", "v", "", ""))));
    }

    static RunReport empty() {
        return new RunReport(
                "",
                "",
                "",
                Epoch.NONE,
                Mode.SWITCHOVER,
                "",
                "",
                RunOutcome.STOPPED,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                at(0),
                at(0),
                0,
                new Objectives(Duration.ZERO, Duration.ofDays(400)),
                List.of(new RunReport.StatedLoss("", DataLoss.unknown("", DataLoss.Stage.BOUND, ""))),
                List.of(new StepReport(
                        "",
                        "",
                        List.of(),
                        false,
                        false,
                        StepStatus.NOT_REACHED,
                        Optional.empty(),
                        Optional.empty(),
                        0,
                        List.of(),
                        "",
                        Optional.empty(),
                        Optional.empty(),
                        Map.of())));
    }
}
