package io.drkit.core.readiness;

import java.util.Collection;

/** How ready something is. */
public enum ReadyState {
    /** It was looked at, and nothing stands in the way. */
    READY,
    /** It could not be found out. Never to be shown or counted as ready. */
    UNKNOWN,
    /** It was looked at, and something stands in the way. */
    NOT_READY;

    /** The worst of them; {@link #UNKNOWN} when there are none, since then nothing was looked at. */
    public static ReadyState worst(Collection<ReadyState> states) {
        return states.stream().max(ReadyState::compareTo).orElse(UNKNOWN);
    }
}
