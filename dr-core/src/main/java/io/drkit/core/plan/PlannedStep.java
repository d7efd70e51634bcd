package io.drkit.core.plan;

import io.drkit.core.action.Action;
import io.drkit.core.safety.SiteChange;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A step as it stands for one direction and mode.
 *
 * @param name unique within the plan
 * @param action what it does
 * @param after the steps that must be done first
 * @param undo how it is undone
 * @param pointOfNoReturn whether there is no way back once its change is under way
 * @param restoresService whether service is back when it is done
 * @param makes what it makes true of the sites, for safety rules
 * @param approval the word of a person that it waits for before it begins
 */
public record PlannedStep(
        String name,
        Action<?> action,
        List<String> after,
        Undo undo,
        boolean pointOfNoReturn,
        boolean restoresService,
        Set<SiteChange> makes,
        Optional<Approval> approval) {
    public PlannedStep {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(action, "action");
        after = List.copyOf(after);
        Objects.requireNonNull(undo, "undo");
        makes = Set.copyOf(makes);
        Objects.requireNonNull(approval, "approval");
    }

    /** A step that says nothing to safety rules and waits for no approval. */
    public PlannedStep(
            String name,
            Action<?> action,
            List<String> after,
            Undo undo,
            boolean pointOfNoReturn,
            boolean restoresService) {
        this(name, action, after, undo, pointOfNoReturn, restoresService, Set.of(), Optional.empty());
    }
}
