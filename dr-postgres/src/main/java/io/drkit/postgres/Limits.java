package io.drkit.postgres;

import io.drkit.core.action.ExecutionPolicy;
import java.time.Duration;

/** How long each wait of a promoter may last, and what lag it accepts. */
record Limits(
        long maxLagBytes,
        Duration checkpoint,
        Duration stop,
        Duration drain,
        Duration restore,
        Duration promote,
        Duration rejoin,
        ExecutionPolicy policy) {}
