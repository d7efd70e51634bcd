package io.drkit.core.detect;

import java.time.Instant;
import java.util.Optional;

/** Remembers as long as the process lives. */
final class ProcessMemory implements OutageMemory {
    private volatile Optional<Remembered> latest = Optional.empty();

    @Override
    public Optional<Remembered> latest() {
        return latest;
    }

    @Override
    public synchronized void declared(Outage outage) {
        latest = Optional.of(new Remembered(outage, Optional.empty()));
    }

    @Override
    public synchronized void acknowledge(String who, String reason, Instant at) {
        Acknowledgement by = new Acknowledgement(who, reason, at);
        latest = latest.map(last -> new Remembered(last.outage(), Optional.of(by)));
    }
}
