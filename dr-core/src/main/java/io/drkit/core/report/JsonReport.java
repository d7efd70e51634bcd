package io.drkit.core.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drkit.core.BlockedException;
import io.drkit.core.DataLoss;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.internal.AtomicFile;
import io.drkit.core.journal.Instruction;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.Objectives;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A run's report as JSON, for machines and for keeping.
 *
 * <p>Field names and enum names are stable: within {@code version} 1 fields may be added, and none is renamed, removed or given
 * another meaning. Instants are ISO-8601 in UTC, durations ISO-8601 ({@code PT4M12S}), bytes numbers. What is not known is
 * {@code null}, never zero. The same report gives the same text. The fields:
 *
 * <ul>
 *   <li>{@code format} ({@code drkit.run-report}), {@code version} (1)
 *   <li>{@code plan}, {@code planHash}, {@code runId}, {@code epoch}, {@code mode}, {@code from}, {@code to}, {@code outcome},
 *       {@code reason}, {@code outageBegan}, {@code detectedAt}, {@code began}, {@code ended}, {@code resumptions}: as in
 *       {@link RunReport}
 *   <li>{@code objectives}: {@code rpo}, {@code rto}
 *   <li>{@code losses}: a list of {@code step}, {@code subject}, {@code stage}, {@code time}, {@code bytes}, {@code basis},
 *       {@code evidence}: as in {@link DataLoss}
 *   <li>{@code steps}: a list of {@code name}, {@code description}, {@code after}, {@code pointOfNoReturn},
 *       {@code restoresService}, {@code status}, {@code began}, {@code ended}, {@code attempts}, {@code changes}, {@code detail},
 *       {@code undoBegan}, {@code undoEnded}, {@code facts}: as in {@link StepReport}
 *   <li>{@code told}: a list of {@code id}, {@code kind}, {@code subject}, {@code who}, {@code role}, {@code reason}, {@code said}
 *       (when the person said it), {@code at} (when the run took it), {@code refused}; {@code waits}: a list of {@code for},
 *       {@code step}, {@code name}, {@code began}, {@code ended}: as in {@link RunReport}; {@code warnings}: a list of texts; all
 *       three may be missing in older reports
 *   <li>{@code achieved}: what follows from the above, written for readers and computed anew when read: {@code serviceRestored},
 *       {@code rto}, {@code rtoAtLeast} (whether it counts from the run's begin, as nobody said when the outage began),
 *       {@code rtoVerdict}, {@code rpo}, {@code rpoVerdict}, {@code breakdown} (null when service is not back, else a list of
 *       {@code kind}, {@code what}, {@code began}, {@code ended}, {@code took}: see {@link RtoBreakdown})
 * </ul>
 *
 * <pre>{@code
 * JsonReport.write(report, Path.of("drill.json"));
 * RunReport same = JsonReport.read(Path.of("drill.json"));
 * }</pre>
 */
public final class JsonReport {
    private static final String FORMAT = "drkit.run-report";
    private static final int VERSION = 1;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    private JsonReport() {}

    /** The report as JSON, indented, with a line break at its end. */
    public static String toJson(RunReport report) {
        try {
            return JSON.writeValueAsString(run(report)) + "\n";
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("A tree of plain values can always be written", impossible);
        }
    }

    /**
     * The report that was written as {@code json}. Fields that this version does not know are passed over.
     *
     * @throws BlockedException {@code report.unreadable} when it is no such report, is damaged, or is of a later version
     */
    public static RunReport fromJson(String json) {
        JsonNode tree;
        try {
            tree = JSON.readTree(json);
        } catch (JsonProcessingException damaged) {
            throw unreadable("text that is not JSON: " + damaged.getOriginalMessage(), damaged);
        }
        return run(new In(tree, "the report"));
    }

    /**
     * Writes the report to {@code file} in UTF-8, replacing what was there. A reader sees the old file or the new one, never a part.
     *
     * @throws IOException when it cannot be written; the old file, if any, is as it was
     */
    public static void write(RunReport report, Path file) throws IOException {
        AtomicFile.write(file, toJson(report));
    }

    /**
     * Reads a report.
     *
     * @throws IOException when the file cannot be read
     * @throws BlockedException as {@link #fromJson}
     */
    public static RunReport read(Path file) throws IOException {
        return fromJson(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
    }

    private static ObjectNode run(RunReport report) {
        ObjectNode out = JSON.createObjectNode();
        out.put("format", FORMAT).put("version", VERSION);
        out.put("plan", report.plan()).put("planHash", report.planHash()).put("runId", report.runId());
        out.put("epoch", report.epoch().value());
        out.put("mode", report.mode().name()).put("from", report.from()).put("to", report.to());
        out.put("outcome", report.outcome().name());
        put(out, "reason", report.reason());
        put(out, "outageBegan", report.outageBegan());
        put(out, "detectedAt", report.detectedAt());
        out.put("began", report.began().toString()).put("ended", report.ended().toString());
        out.put("resumptions", report.resumptions());
        out.putObject("objectives")
                .put("rpo", report.objectives().rpo().toString())
                .put("rto", report.objectives().rto().toString());
        ArrayNode losses = out.putArray("losses");
        for (RunReport.StatedLoss stated : report.losses()) {
            DataLoss loss = stated.loss();
            ObjectNode entry = losses.addObject().put("step", stated.step()).put("subject", loss.subject());
            entry.put("stage", loss.stage().name());
            put(entry, "time", loss.time());
            entry.put("bytes", loss.bytes().isPresent() ? (Long) loss.bytes().getAsLong() : null);
            entry.put("basis", loss.basis().name()).put("evidence", loss.evidence());
        }
        ArrayNode steps = out.putArray("steps");
        report.steps().forEach(step -> step(step, steps.addObject()));
        ArrayNode told = out.putArray("told");
        report.told().forEach(entry -> told(entry, told.addObject()));
        ArrayNode waits = out.putArray("waits");
        for (RunReport.Wait wait : report.waits()) {
            ObjectNode entry = waits.addObject().put("for", wait.what().name());
            entry.put("step", wait.step()).put("name", wait.name());
            entry.put("began", wait.began().toString());
            put(entry, "ended", wait.ended());
        }
        put(out, "warnings", report.warnings());
        achieved(report, out.putObject("achieved"));
        return out;
    }

    private static void told(RunReport.Told told, ObjectNode out) {
        Instruction said = told.instruction();
        out.put("id", said.id()).put("kind", said.kind().name()).put("subject", said.subject());
        out.put("who", said.who()).put("role", said.role()).put("reason", said.reason());
        out.put("said", said.at().toString()).put("at", told.at().toString());
        put(out, "refused", told.refused());
    }

    private static void step(StepReport step, ObjectNode out) {
        out.put("name", step.name()).put("description", step.description());
        put(out, "after", step.after());
        out.put("pointOfNoReturn", step.pointOfNoReturn()).put("restoresService", step.restoresService());
        out.put("status", step.status().name());
        put(out, "began", step.began());
        put(out, "ended", step.ended());
        out.put("attempts", step.attempts());
        put(out, "changes", step.changes());
        out.put("detail", step.detail());
        put(out, "undoBegan", step.undoBegan());
        put(out, "undoEnded", step.undoEnded());
        ObjectNode facts = out.putObject("facts");
        // the order of an immutable Map differs from one JVM to the next
        new TreeMap<>(step.facts()).forEach(facts::put);
    }

    private static void achieved(RunReport report, ObjectNode out) {
        put(out, "serviceRestored", report.serviceRestored());
        put(out, "rto", report.achievedRto());
        out.put("rtoAtLeast", report.rtoAtLeast());
        out.put("rtoVerdict", Verdict.rto(report).name());
        put(out, "rpo", report.achievedRpo());
        out.put("rpoVerdict", Verdict.rpo(report).name());
        Optional<RtoBreakdown> breakdown = RtoBreakdown.of(report);
        if (breakdown.isEmpty()) {
            out.putNull("breakdown");
            return;
        }
        ArrayNode parts = out.putArray("breakdown");
        for (RtoBreakdown.Part part : breakdown.get().parts()) {
            parts.addObject()
                    .put("kind", part.kind().name())
                    .put("what", part.what())
                    .put("began", part.began().toString())
                    .put("ended", part.ended().toString())
                    .put("took", part.took().toString());
        }
    }

    private static void put(ObjectNode out, String field, Optional<?> value) {
        out.put(field, value.map(Object::toString).orElse(null));
    }

    private static void put(ObjectNode out, String field, List<String> values) {
        ArrayNode list = out.putArray(field);
        values.forEach(list::add);
    }

    private static RunReport run(In in) {
        if (!in.node.isObject() || !FORMAT.equals(in.node.path("format").asText())) {
            throw unreadable("JSON whose field format is not " + FORMAT, null);
        }
        int version = in.integer("version");
        if (version != VERSION) {
            throw unreadable("version " + version + ", while this release reads version " + VERSION, null);
        }
        In objectives = in.object("objectives");
        try {
            return new RunReport(
                    in.text("plan"),
                    in.text("planHash"),
                    in.text("runId"),
                    new Epoch(in.number("epoch")),
                    in.one(Mode.class, "mode"),
                    in.text("from"),
                    in.text("to"),
                    in.one(RunOutcome.class, "outcome"),
                    in.optional("reason", Function.identity()),
                    in.optional("outageBegan", Instant::parse),
                    in.optional("detectedAt", Instant::parse),
                    in.parsed("began", Instant::parse),
                    in.parsed("ended", Instant::parse),
                    in.integer("resumptions"),
                    new Objectives(
                            objectives.parsed("rpo", Duration::parse), objectives.parsed("rto", Duration::parse)),
                    in.list("losses").stream().map(JsonReport::loss).toList(),
                    in.list("steps").stream().map(JsonReport::step).toList(),
                    in.listIfAny("told").stream().map(JsonReport::told).toList(),
                    in.listIfAny("waits").stream().map(JsonReport::wait).toList(),
                    in.has("warnings") ? in.texts("warnings") : List.of());
        } catch (IllegalArgumentException outOfBounds) {
            throw unreadable("a value out of bounds: " + outOfBounds.getMessage(), outOfBounds);
        }
    }

    private static RunReport.StatedLoss loss(In in) {
        return new RunReport.StatedLoss(
                in.text("step"),
                new DataLoss(
                        in.text("subject"),
                        in.one(DataLoss.Stage.class, "stage"),
                        in.optional("time", Duration::parse),
                        in.has("bytes") ? OptionalLong.of(in.number("bytes")) : OptionalLong.empty(),
                        in.one(DataLoss.Basis.class, "basis"),
                        in.text("evidence")));
    }

    private static RunReport.Told told(In in) {
        Instruction said = new Instruction(
                in.text("id"),
                in.one(Instruction.Kind.class, "kind"),
                in.text("subject"),
                in.text("who"),
                in.text("role"),
                in.text("reason"),
                in.parsed("said", Instant::parse));
        return new RunReport.Told(said, in.parsed("at", Instant::parse), in.optional("refused", Function.identity()));
    }

    private static RunReport.Wait wait(In in) {
        return new RunReport.Wait(
                in.one(RunReport.Wait.For.class, "for"),
                in.text("step"),
                in.text("name"),
                in.parsed("began", Instant::parse),
                in.optional("ended", Instant::parse));
    }

    private static StepReport step(In in) {
        In facts = in.object("facts");
        Map<String, String> values = new TreeMap<>();
        facts.node.fieldNames().forEachRemaining(key -> values.put(key, facts.text(key)));
        return new StepReport(
                in.text("name"),
                in.text("description"),
                in.texts("after"),
                in.flag("pointOfNoReturn"),
                in.flag("restoresService"),
                in.one(StepStatus.class, "status"),
                in.optional("began", Instant::parse),
                in.optional("ended", Instant::parse),
                in.integer("attempts"),
                in.texts("changes"),
                in.text("detail"),
                in.optional("undoBegan", Instant::parse),
                in.optional("undoEnded", Instant::parse),
                values);
    }

    private static BlockedException unreadable(String found, @Nullable Throwable cause) {
        return new BlockedException(
                "report.unreadable",
                Problem.expected("a run report as JsonReport writes it")
                        .found(found)
                        .remedy("read the file that the run wrote, with this release of DRKit or a later one"),
                cause);
    }

    /** A place in the JSON that is being read: what it lacks is said with its path. */
    private record In(JsonNode node, String path) {
        boolean has(String field) {
            return !node.path(field).isMissingNode() && !node.path(field).isNull();
        }

        String text(String field) {
            return need(field, "a text", JsonNode::isTextual).textValue();
        }

        <T> T parsed(String field, Function<String, T> parse) {
            String text = text(field);
            try {
                return parse.apply(text);
            } catch (DateTimeException notATime) {
                throw unreadable("no time in " + at(field) + ": " + text, notATime);
            }
        }

        <T> Optional<T> optional(String field, Function<String, T> parse) {
            return has(field) ? Optional.of(parsed(field, parse)) : Optional.empty();
        }

        <E extends Enum<E>> E one(Class<E> type, String field) {
            String name = text(field);
            for (E value : type.getEnumConstants()) {
                if (value.name().equals(name)) {
                    return value;
                }
            }
            throw unreadable(at(field) + " being " + name, null);
        }

        long number(String field) {
            return need(field, "a whole number", n -> n.isIntegralNumber() && n.canConvertToLong())
                    .longValue();
        }

        int integer(String field) {
            return need(field, "a whole number", n -> n.isIntegralNumber() && n.canConvertToInt())
                    .intValue();
        }

        boolean flag(String field) {
            return need(field, "true or false", JsonNode::isBoolean).booleanValue();
        }

        In object(String field) {
            return new In(need(field, "an object", JsonNode::isObject), at(field));
        }

        List<In> list(String field) {
            JsonNode array = need(field, "a list", JsonNode::isArray);
            List<In> entries = new ArrayList<>();
            for (int i = 0; i < array.size(); i++) {
                entries.add(new In(array.get(i), at(field) + "[" + i + "]"));
            }
            return entries;
        }

        /** For fields that version 1 had not from the beginning. */
        List<In> listIfAny(String field) {
            return has(field) ? list(field) : List.of();
        }

        List<String> texts(String field) {
            return list(field).stream()
                    .map(entry -> {
                        if (!entry.node.isTextual()) {
                            throw unreadable(entry.path + " that is no text", null);
                        }
                        return entry.node.textValue();
                    })
                    .toList();
        }

        private JsonNode need(String field, String what, java.util.function.Predicate<JsonNode> is) {
            JsonNode value = node.path(field);
            if (!is.test(value)) {
                throw unreadable(at(field) + (value.isMissingNode() ? " missing" : " not " + what), null);
            }
            return value;
        }

        private String at(String field) {
            return path + "." + field;
        }
    }
}
