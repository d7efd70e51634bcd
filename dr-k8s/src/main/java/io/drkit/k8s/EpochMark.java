package io.drkit.k8s;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drkit.core.BlockedException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The epoch that the last run left on an object, and how often something was superseded there. The epoch is compared on the observation, and the write carries the resourceVersion of
 * that same observation; so the API server refuses the write when a newer run got between the two.
 */
record EpochMark(@Nullable String text, @Nullable String touched) {
    static final String ANNOTATION = "drkit.io/epoch";
    /** A patch that changes nothing leaves the resourceVersion as it is; so this one counts. */
    static final String TOUCHED = "drkit.io/touched";

    static EpochMark on(ObjectMeta meta) {
        Map<String, String> annotations = meta.getAnnotations();
        return annotations == null
                ? new EpochMark(null, null)
                : new EpochMark(annotations.get(ANNOTATION), annotations.get(TOUCHED));
    }

    /** Work outside any run claims nothing and is refused nothing: a person may always act by hand. */
    void refuseBelow(Epoch mine, String object) {
        if (mine.equals(Epoch.NONE) || text == null) {
            return;
        }
        long theirs;
        try {
            theirs = Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new BlockedException(
                    "k8s.epoch-unreadable",
                    Problem.expected("an epoch in the annotation " + ANNOTATION + " of " + object)
                            .found('"' + text + '"')
                            .remedy("find out who wrote it, and remove the annotation"),
                    e);
        }
        if (theirs > mine.value()) {
            throw StaleEpochException.at("k8s.stale-epoch", object, new Epoch(theirs), mine);
        }
    }

    /** The epoch; empty when there is none, or something else: whoever wants to write there is told of that. */
    Optional<Epoch> epoch() {
        return text != null && text.matches("[0-9]{1,18}")
                ? Optional.of(new Epoch(Long.parseLong(text)))
                : Optional.empty();
    }

    /** A patch of nothing but this mark: with it the object's resourceVersion moves, and whatever depends on an older one is void. */
    ObjectNode touch(Epoch mine, String resourceVersion) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        ObjectNode annotations = patch.putObject("metadata")
                .put("resourceVersion", resourceVersion)
                .putObject("annotations");
        annotations.put(TOUCHED, Long.toString(count() + 1));
        write(mine, annotations);
        return patch;
    }

    private long count() {
        try {
            return touched == null ? 0 : Long.parseLong(touched);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** Adds the epoch to the annotations of a patch, unless it claims nothing. */
    static void write(Epoch mine, ObjectNode annotations) {
        if (!mine.equals(Epoch.NONE)) {
            annotations.put(ANNOTATION, mine.toString());
        }
    }
}
