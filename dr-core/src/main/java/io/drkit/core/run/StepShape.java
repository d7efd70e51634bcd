package io.drkit.core.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drkit.core.Problem;
import io.drkit.core.journal.CorruptJournalException;
import io.drkit.core.plan.BoundPlan;
import io.drkit.core.plan.PlannedStep;
import java.util.ArrayList;
import java.util.List;

/** What a step said of itself when the run began: with it, the journal alone makes the report. */
record StepShape(
        String name, String description, List<String> after, boolean pointOfNoReturn, boolean restoresService) {
    private static final JsonMapper JSON = new JsonMapper();

    StepShape {
        after = List.copyOf(after);
    }

    /** The shape of a plan as a detail of a journal's entry. */
    static String toJson(BoundPlan plan) {
        ArrayNode steps = JSON.createArrayNode();
        for (PlannedStep step : plan.steps()) {
            ObjectNode shape = steps.addObject().put("name", step.name());
            shape.put("description", step.action().describe());
            step.after().forEach(shape.putArray("after")::add);
            shape.put("pointOfNoReturn", step.pointOfNoReturn()).put("restoresService", step.restoresService());
        }
        return steps.toString();
    }

    static List<StepShape> fromJson(String json) {
        try {
            List<StepShape> shapes = new ArrayList<>();
            for (JsonNode step : JSON.readTree(json)) {
                List<String> after = new ArrayList<>();
                step.required("after").forEach(name -> after.add(name.asText()));
                shapes.add(new StepShape(
                        step.required("name").asText(),
                        step.required("description").asText(),
                        after,
                        step.required("pointOfNoReturn").asBoolean(),
                        step.required("restoresService").asBoolean()));
            }
            return shapes;
        } catch (JsonProcessingException | IllegalArgumentException e) {
            throw new CorruptJournalException(
                    "journal.corrupt",
                    Problem.expected("the entry with which a run began to say what its plan's steps are")
                            .found("that it does not")
                            .remedy("keep the journal as it is, see what state both sites are in, and run anew"),
                    e);
        }
    }
}
