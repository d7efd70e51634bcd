package io.drkit.core.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drkit.core.DataLoss;
import io.drkit.core.action.Progress;
import io.drkit.core.journal.Instruction;
import io.drkit.core.report.JsonReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.List;
import java.util.Objects;

/**
 * Writes every event as one JSON object on a line of its own, flushed at once, for log collectors and dashboards.
 *
 * <p>Each has {@code event} (the event's type, such as {@code StepBegan}), {@code at}, and the fields of its record in
 * {@link RunEvent} under the same names, with instants and durations in ISO-8601; what is not known is {@code null}.
 * {@code RunEnded} has {@code report} as {@link JsonReport} writes it.
 *
 * <pre>{@code
 * {"event":"StepEnded","at":"2026-03-01T10:02:13Z","step":"promote","status":"DONE","detail":"...","took":"PT12S","undo":false}
 * }</pre>
 *
 * <p>Does not close the writer. Not for several runs at the same time. When the writer fails, {@link #on} throws
 * {@link UncheckedIOException}, which the run logs and survives; the next event begins on a new line.
 */
public final class JsonLines implements RunListener {
    private static final JsonMapper JSON = new JsonMapper();

    private final Writer out;
    private boolean torn;

    /** Writes to {@code out}, which should be UTF-8. */
    public JsonLines(Writer out) {
        this.out = Objects.requireNonNull(out, "out");
    }

    @Override
    public void on(RunEvent event) {
        String line = line(event);
        try {
            String begin = torn ? "\n" : "";
            torn = true;
            out.write(begin + line + "\n");
            out.flush();
            torn = false;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static String line(RunEvent event) {
        ObjectNode json = JSON.createObjectNode();
        json.put("event", event.getClass().getSimpleName()).put("at", event.at().toString());
        try {
            fill(json, event);
            return JSON.writeValueAsString(json);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("A tree of plain values can always be written", impossible);
        }
    }

    private static void fill(ObjectNode json, RunEvent event) throws JsonProcessingException {
        if (event instanceof RunEvent.RunBegan e) {
            json.put("plan", e.plan()).put("line", e.line()).put("runId", e.runId());
            json.put("epoch", e.epoch().value());
            list(json, "steps", e.steps());
            json.put("resumed", e.resumed());
        } else if (event instanceof RunEvent.StepBegan e) {
            json.put("step", e.step()).put("description", e.description()).put("undo", e.undo());
        } else if (event instanceof RunEvent.StepApplying e) {
            json.put("step", e.step());
            list(json, "changes", e.changes());
            json.put("attempt", e.attempt()).put("undo", e.undo());
        } else if (event instanceof RunEvent.StepWaiting e) {
            json.put("step", e.step()).put("waitingFor", e.waitingFor()).put("undo", e.undo());
        } else if (event instanceof RunEvent.StepProgressed e) {
            Progress progress = e.progress();
            json.put("step", e.step());
            ObjectNode inner = json.putObject("progress");
            inner.put("what", progress.what()).put("done", progress.done());
            inner.put(
                    "total",
                    progress.total().isPresent() ? (Long) progress.total().getAsLong() : null);
            inner.put("unit", progress.unit());
            json.put("undo", e.undo());
        } else if (event instanceof RunEvent.StepOutcomeUnknown e) {
            json.put("step", e.step()).put("why", e.why()).put("undo", e.undo());
        } else if (event instanceof RunEvent.StepOverran e) {
            json.put("step", e.step()).put("allowed", e.allowed().toString()).put("undo", e.undo());
        } else if (event instanceof RunEvent.StepEnded e) {
            json.put("step", e.step()).put("status", e.status().name()).put("detail", e.detail());
            json.put("took", e.took().toString()).put("undo", e.undo());
        } else if (event instanceof RunEvent.FactRecorded e) {
            json.put("step", e.step()).put("key", e.key()).put("value", e.value());
        } else if (event instanceof RunEvent.LossStated e) {
            DataLoss loss = e.loss();
            json.put("step", e.step());
            ObjectNode inner = json.putObject("loss");
            inner.put("subject", loss.subject()).put("stage", loss.stage().name());
            inner.put("time", loss.time().map(Object::toString).orElse(null));
            inner.put("bytes", loss.bytes().isPresent() ? (Long) loss.bytes().getAsLong() : null);
            inner.put("basis", loss.basis().name()).put("evidence", loss.evidence());
        } else if (event instanceof RunEvent.UndoBegan e) {
            json.put("reason", e.reason());
        } else if (event instanceof RunEvent.Instructed e) {
            Instruction said = e.instruction();
            json.putObject("instruction")
                    .put("id", said.id())
                    .put("kind", said.kind().name())
                    .put("subject", said.subject())
                    .put("who", said.who())
                    .put("role", said.role())
                    .put("reason", said.reason())
                    .put("at", said.at().toString());
            json.put("refused", e.refused().orElse(null));
        } else if (event instanceof RunEvent.WordUnreadable e) {
            json.put("where", e.where()).put("why", e.why());
        } else if (event instanceof RunEvent.RunBrokeOff e) {
            json.put("why", e.why());
        } else if (event instanceof RunEvent.WordsUnreadable e) {
            json.put("why", e.why());
        } else if (event instanceof RunEvent.WordAwaited e) {
            json.put("what", e.what().name()).put("step", e.step()).put("name", e.name());
            json.put("role", e.role()).put("timeout", e.timeout().toString());
        } else if (event instanceof RunEvent.WordLapsed e) {
            json.put("what", e.what().name()).put("step", e.step()).put("name", e.name());
        } else if (event instanceof RunEvent.FailedOver e) {
            json.put("line", e.line());
            list(json, "steps", e.steps());
        } else if (event instanceof RunEvent.Attached e) {
            json.put("runId", e.runId());
        } else if (event instanceof RunEvent.OwnerSilent e) {
            json.put("runId", e.runId()).put("silent", e.silent().toString());
        } else if (event instanceof RunEvent.RunEnded e) {
            json.set("report", JSON.readTree(JsonReport.toJson(e.report())));
        }
    }

    private static void list(ObjectNode json, String field, List<String> values) {
        values.forEach(json.putArray(field)::add);
    }
}
