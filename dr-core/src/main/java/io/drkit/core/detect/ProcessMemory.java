package io.drkit.core.detect;

import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** Remembers as long as the process lives. */
final class ProcessMemory implements OutageMemory {
    private final AtomicReference<Optional<Remembered>> latest = new AtomicReference<>(Optional.empty());

    @Override
    public Optional<Remembered> latest() {
        return latest.get();
    }

    @Override
    public void declared(Outage outage) {
        latest.set(Optional.of(new Remembered(outage, Optional.empty())));
    }

    @Override
    public void acknowledge(String who, String reason, Instant at) {
        Acknowledgement by = new Acknowledgement(who, reason, at);
        latest.updateAndGet(known -> known.map(last -> new Remembered(last.outage(), Optional.of(by))));
    }
}
