package io.drkit.core.status;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drkit.core.detect.DetectorStatus;
import io.drkit.core.detect.Health;
import io.drkit.core.lease.NodeView;
import io.drkit.core.readiness.CheckResult;
import io.drkit.core.readiness.ReadinessReport;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.Verdict;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * A status as JSON.
 *
 * <p>{@code title}, {@code at}, {@code ready} ({@code READY}, {@code NOT_READY} or {@code UNKNOWN}), {@code concerns} (see
 * {@link Status#concerns}), and the parts {@code sites}, {@code readiness}, {@code nodes}, {@code detectors} and {@code runs}, each
 * an object of {@code unknown} (why it is not known, else null) and {@code items}, whose fields are those of {@link SiteView},
 * {@link ReadinessReport}, {@link NodeView}, {@link DetectorStatus} and {@link RunView}. A detector's {@code health} is
 * {@code HEALTHY}, {@code SICK} or {@code UNKNOWN}, as is that of each of its observers, beside the {@code why}. Of a run's report
 * there are {@code outcome}, {@code reason}, {@code ended}, {@code rto}, {@code rtoAtLeast} (whether it counts from the run's begin,
 * as nobody said when the outage began), {@code rpo}, {@code rtoVerdict} and {@code rpoVerdict}, all null while it goes on, and the
 * list {@code warnings}; a run's {@code awaited} is a list of {@code for}, {@code step}, {@code name} and {@code began}, as in
 * {@link RunReport.Wait}. Fields may be added; none is renamed or given another meaning. Instants and durations are ISO-8601.
 */
public final class StatusJson {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private StatusJson() {}

    /** The same status gives the same text. */
    public static String toJson(Status status) {
        ObjectNode out = JSON.createObjectNode();
        out.put("title", status.title())
                .put("at", status.at().toString())
                .put("ready", status.ready().name());
        ArrayNode concerns = out.putArray("concerns");
        status.concerns().forEach(concerns::add);
        part(out, "sites", status.sites(), StatusJson::site);
        part(out, "readiness", status.readiness(), StatusJson::readiness);
        part(out, "nodes", status.nodes(), StatusJson::node);
        part(out, "detectors", status.detectors(), StatusJson::detector);
        part(out, "runs", status.runs(), StatusJson::run);
        try {
            return JSON.writeValueAsString(out) + "\n";
        } catch (JsonProcessingException impossible) {
            throw new AssertionError("A tree of JSON nodes can be written", impossible);
        }
    }

    private static <T> void part(ObjectNode out, String name, Status.Part<T> part, BiConsumer<T, ObjectNode> fill) {
        ObjectNode object = out.putObject(name);
        object.put("unknown", part.unknown().orElse(null));
        ArrayNode items = object.putArray("items");
        part.items().forEach(item -> fill.accept(item, items.addObject()));
    }

    private static void site(SiteView site, ObjectNode out) {
        out.put("name", site.name()).put("role", site.role().name()).put("detail", site.detail());
    }

    private static void readiness(ReadinessReport report, ObjectNode out) {
        out.put("plan", report.plan())
                .put("line", report.line())
                .put("at", report.at().toString())
                .put("state", report.state().name());
        ArrayNode results = out.putArray("results");
        for (CheckResult result : report.results()) {
            ObjectNode one = results.addObject();
            one.put("kind", result.kind().name())
                    .put("name", result.name())
                    .put("verifies", result.verifies())
                    .put("state", result.finding().state().name())
                    .put("why", result.finding().why())
                    .put("remedy", result.finding().remedy())
                    .put("advisory", result.advisory());
            ObjectNode figures = one.putObject("figures");
            result.finding().figures().forEach(figures::put);
        }
    }

    private static void node(NodeView node, ObjectNode out) {
        out.put("id", node.node().id())
                .put("alias", node.node().alias())
                .put("address", node.node().address())
                .put("mode", node.mode().name())
                .put("health", node.health())
                .put("presence", node.presence().name());
    }

    private static void detector(DetectorStatus detector, ObjectNode out) {
        out.put("site", detector.site())
                .put("at", detector.at().toString())
                .put("health", word(detector.health()))
                .put("needed", detector.needed())
                .put(
                        "outageBegan",
                        detector.outage()
                                .map(outage -> outage.began().toString())
                                .orElse(null));
        ArrayNode observers = out.putArray("observers");
        for (DetectorStatus.Opinion opinion : detector.observers()) {
            observers
                    .addObject()
                    .put("observer", opinion.observer())
                    .put("health", word(opinion.health()))
                    .put("why", opinion.health().why());
        }
    }

    private static String word(Health health) {
        if (health instanceof Health.Healthy) {
            return "HEALTHY";
        }
        return health instanceof Health.Sick ? "SICK" : "UNKNOWN";
    }

    private static void run(RunView run, ObjectNode out) {
        Optional<RunReport> report = run.report();
        out.put("plan", run.plan())
                .put("line", run.line())
                .put("began", run.began().toString())
                .put("over", run.over())
                .put("outcome", report.map(r -> r.outcome().name()).orElse(null))
                .put("reason", report.flatMap(RunReport::reason).orElse(null))
                .put("ended", report.map(r -> r.ended().toString()).orElse(null))
                .put(
                        "rto",
                        report.flatMap(RunReport::achievedRto)
                                .map(Duration::toString)
                                .orElse(null))
                .put("rtoAtLeast", report.map(RunReport::rtoAtLeast).orElse(null))
                .put(
                        "rpo",
                        report.flatMap(RunReport::achievedRpo)
                                .map(Duration::toString)
                                .orElse(null))
                .put("rtoVerdict", report.map(r -> Verdict.rto(r).name()).orElse(null))
                .put("rpoVerdict", report.map(r -> Verdict.rpo(r).name()).orElse(null));
        ArrayNode warnings = out.putArray("warnings");
        report.ifPresent(r -> r.warnings().forEach(warnings::add));
        ArrayNode awaited = out.putArray("awaited");
        for (RunReport.Wait wait : run.awaited()) {
            awaited.addObject()
                    .put("for", wait.what().name())
                    .put("step", wait.step())
                    .put("name", wait.name())
                    .put("began", wait.began().toString());
        }
    }
}
