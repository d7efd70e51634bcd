package io.drkit.core.run;

import io.drkit.core.Epoch;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * That a run begins, or goes on, above this epoch, who said so, and why.
 *
 * @param id of the word, as the report names it
 */
record EpochFloor(String id, Epoch epoch, String who, String reason) {
    EpochFloor {
        if (epoch.equals(Epoch.NONE)) {
            throw new IllegalArgumentException("Every run begins above epoch 0: name the epoch that stands in the way");
        }
        if (who.isBlank() || reason.isBlank()) {
            throw new IllegalArgumentException("Beginning above an epoch needs a person and a reason");
        }
    }

    /** The same details, and this. */
    Map<String, String> addedTo(Map<String, String> details) {
        Map<String, String> all = new HashMap<>(details);
        all.put("above", epoch.toString());
        all.put("aboveId", id);
        all.put("aboveBy", who);
        all.put("aboveReason", reason);
        return all;
    }

    static Optional<EpochFloor> in(Map<String, String> details) {
        return Optional.ofNullable(details.get("above"))
                .map(above -> new EpochFloor(
                        details.getOrDefault("aboveId", ""),
                        new Epoch(Long.parseLong(above)),
                        details.getOrDefault("aboveBy", ""),
                        details.getOrDefault("aboveReason", "")));
    }
}
