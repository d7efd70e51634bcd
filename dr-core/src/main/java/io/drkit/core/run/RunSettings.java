package io.drkit.core.run;

import io.drkit.core.event.RunListener;
import io.drkit.core.time.Clockwork;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What a runner was built with, as far as its runs need it. */
record RunSettings(
        Clockwork clockwork,
        List<RunListener> listeners,
        int parallelism,
        Duration stopGrace,
        Duration observeWithin,
        Optional<Duration> askOnFailure) {
    RunSettings {
        listeners = List.copyOf(listeners);
    }
}
