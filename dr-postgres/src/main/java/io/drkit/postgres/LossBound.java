package io.drkit.postgres;

import io.drkit.core.DataLoss;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/** What a failover loses at most, and how that is known. */
record LossBound(Optional<Duration> time, OptionalLong bytes, DataLoss.Basis basis, String evidence) {
    static LossBound unknown(String why) {
        return new LossBound(Optional.empty(), OptionalLong.empty(), DataLoss.Basis.UNKNOWN, why);
    }

    static LossBound nothing(String why) {
        return new LossBound(Optional.of(Duration.ZERO), OptionalLong.of(0), DataLoss.Basis.COMPARED, why);
    }

    /**
     * From the samples of the lost primary.
     *
     * @param received what the replica has
     * @param end the moment after which the lost primary acknowledged nothing, or now where that is not proven
     */
    static LossBound of(
            Optional<FlushSampler> sampler, long systemId, long timeline, Lsn received, long end, boolean fenced) {
        if (sampler.isEmpty()) {
            return unknown("no FlushSampler ran for it in this process");
        }
        Optional<FlushSampler.Sample> safe = sampler.get().newestWithin(received, systemId, timeline);
        if (safe.isEmpty()) {
            return unknown("no sample of it lies within what the replica has received, " + received);
        }
        Duration time = Duration.ofNanos(Math.max(0, end - safe.get().at()));
        StringBuilder evidence = new StringBuilder("everything acknowledged up to a flush position sampled ")
                .append(time.toMillis())
                .append(fenced ? " ms before the fence was confirmed" : " ms ago")
                .append(" has been received (")
                .append(safe.get().flushed())
                .append(" <= ")
                .append(received)
                .append("), commits with synchronous_commit = off excepted");
        sampler.get().newest(systemId, timeline).ifPresent(newest -> {
            long missing = newest.flushed().beyond(received);
            evidence.append("; at the newest sample, ")
                    .append(Math.max(0, (end - newest.at()) / 1_000_000))
                    .append(" ms before, ")
                    .append(missing)
                    .append(" B had not been received, an estimate from below and no bound");
        });
        if (!fenced) {
            evidence.append(
                    "; the old primary is not proven to be fenced: what it acknowledges from now on is lost too");
        }
        return new LossBound(Optional.of(time), OptionalLong.empty(), DataLoss.Basis.SAMPLED, evidence.toString());
    }

    DataLoss as(DataLoss.Stage stage, String subject) {
        return new DataLoss(subject, stage, time, bytes, basis, evidence);
    }

    @Override
    public String toString() {
        return time.map(t -> "the writes of " + t.toMillis() + " ms").orElse("an unknown span of writes");
    }
}
