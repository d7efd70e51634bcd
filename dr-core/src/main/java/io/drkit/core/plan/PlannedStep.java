package io.drkit.core.plan;

import io.drkit.core.action.Action;
import java.util.List;
import java.util.Objects;

/**
 * A step as it stands for one direction and mode.
 *
 * @param name unique within the plan
 * @param action what it does
 * @param after the steps that must be done first
 * @param undo how it is undone
 * @param pointOfNoReturn whether there is no way back once its change is under way
 * @param restoresService whether service is back when it is done
 */
public record PlannedStep(
        String name,
        Action<?> action,
        List<String> after,
        Undo undo,
        boolean pointOfNoReturn,
        boolean restoresService) {
    public PlannedStep {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(action, "action");
        after = List.copyOf(after);
        Objects.requireNonNull(undo, "undo");
    }
}
