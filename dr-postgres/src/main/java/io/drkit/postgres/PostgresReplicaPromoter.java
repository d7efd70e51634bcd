package io.drkit.postgres;

import io.drkit.core.action.Action;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.readiness.Check;
import io.drkit.core.readiness.Finding;
import io.drkit.core.replica.FailoverTerms;
import io.drkit.core.replica.ReplicaPromoter;
import io.drkit.core.replica.ReplicationStatus;
import io.drkit.core.report.Wording;
import io.drkit.core.time.Clockwork;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Promotes PostgreSQL standbys (streaming replication, version 13 and later).
 *
 * <pre>{@code
 * PostgresReplicaPromoter promoter = PostgresReplicaPromoter.withDefaults();
 * System.out.println(promoter.status(west, east).line());
 * ActionExecutor.on(Clockwork.system()).execute(promoter.switchover(west, east));
 * }</pre>
 *
 * <p>Thread-safe; holds connections only while a method runs, and for each open {@link FlushSampler}. What the actions change,
 * on what terms, and what they cannot promise is told in {@code docs/replica-promoter.md}.
 */
public final class PostgresReplicaPromoter implements ReplicaPromoter<PostgresNode> {
    private final Clockwork clockwork;
    private final Limits limits;
    private final Map<String, FlushSampler> samplers = new ConcurrentHashMap<>();

    private PostgresReplicaPromoter(Builder builder) {
        clockwork = builder.clockwork;
        limits = new Limits(
                builder.maxLagBytes,
                builder.checkpointTimeout,
                builder.stopTimeout,
                builder.drainTimeout,
                builder.restoreTimeout,
                builder.promoteTimeout,
                builder.rejoinTimeout,
                builder.policy);
    }

    /** With the defaults of {@link Builder}. */
    public static PostgresReplicaPromoter withDefaults() {
        return builder().build();
    }

    /** Starts from the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String name(PostgresNode node) {
        return node.name();
    }

    @Override
    public ReplicationStatus status(PostgresNode primary, PostgresNode replica) throws InterruptedException {
        return Pair.look(primary, replica).status(primary, replica);
    }

    @Override
    public Action<?> switchover(PostgresNode from, PostgresNode to) {
        requireTwo(from, to);
        return new Switchover(from, to, limits);
    }

    @Override
    public Action<?> failover(PostgresNode from, PostgresNode to, FailoverTerms terms) {
        requireTwo(from, to);
        return new Failover(from, to, terms, limits, clockwork, () -> Optional.ofNullable(samplers.get(from.name())));
    }

    @Override
    public Action<?> rejoin(PostgresNode former, PostgresNode primary) {
        requireTwo(former, primary);
        return new Rejoin(former, primary, limits);
    }

    /**
     * Samples the primary's flush position every 250 ms from now on, so that a later {@link #failover} by this promoter can
     * bound its loss. Close it to stop.
     *
     * @throws IllegalStateException when a server of that name is being sampled already
     */
    public FlushSampler sampling(PostgresNode primary) {
        return sampling(primary, Duration.ofMillis(250));
    }

    /** As {@link #sampling(PostgresNode)}, at another interval of 10 ms or more. */
    public FlushSampler sampling(PostgresNode primary, Duration interval) {
        if (interval.compareTo(Duration.ofMillis(10)) < 0) {
            throw new IllegalArgumentException("A sampling interval is 10 ms or more, not " + interval);
        }
        return samplers.compute(primary.name(), (name, running) -> {
            if (running != null) {
                throw new IllegalStateException("The flush position of " + name + " is being sampled already");
            }
            return new FlushSampler(primary, clockwork, interval, closed -> samplers.remove(name, closed));
        });
    }

    /**
     * That a failover from {@code primary} by this promoter could state its loss, which without a waiver it must: a
     * {@link FlushSampler} runs in this process, and its newest sample is less than {@code age} old. Not ready where none runs;
     * unknown where it brings nothing any more. Figure: {@code flush.sample.age.seconds}.
     */
    public Check lossKnown(PostgresNode primary, Duration age) {
        return Check.named(
                "loss of " + primary.name(),
                "its flush position was sampled in the last " + Wording.duration(age),
                clock -> lossKnown(Optional.ofNullable(samplers.get(primary.name())), primary, age));
    }

    private static Finding lossKnown(Optional<FlushSampler> sampler, PostgresNode primary, Duration age) {
        if (sampler.isEmpty()) {
            return Finding.notReady(
                    "no FlushSampler runs for " + primary.name()
                            + " in this process, so that a failover could not state its loss",
                    "call sampling(" + primary.name() + ") of the promoter that fails over, and leave it running");
        }
        Optional<Duration> newest = sampler.get().ageOfNewest();
        if (newest.isEmpty() || newest.get().compareTo(age) > 0) {
            return Finding.unknown(
                    newest.map(old ->
                                    "the newest sample of " + primary.name() + " is " + Wording.duration(old) + " old")
                            .orElse("no sample of " + primary.name() + " was ever taken"),
                    "see why it does not answer as a primary");
        }
        return Finding.ready("sampled " + Wording.duration(newest.get()) + " ago")
                .figure("flush.sample.age.seconds", newest.get().toMillis() / 1000.0);
    }

    private static void requireTwo(PostgresNode one, PostgresNode other) {
        if (one.name().equals(other.name())) {
            throw new IllegalArgumentException("Two servers are needed, not " + one.name() + " twice");
        }
    }

    /** Builds a promoter; a bad value throws {@link IllegalArgumentException} at once. Not thread-safe. */
    public static final class Builder {
        private Clockwork clockwork = Clockwork.system();
        private long maxLagBytes = 16L << 20;
        private Duration checkpointTimeout = Duration.ofMinutes(5);
        private Duration stopTimeout = Duration.ofSeconds(30);
        private Duration drainTimeout = Duration.ofSeconds(30);
        private Duration restoreTimeout = Duration.ofMinutes(2);
        private Duration promoteTimeout = Duration.ofSeconds(30);
        private Duration rejoinTimeout = Duration.ofMinutes(1);
        private ExecutionPolicy policy = ExecutionPolicy.defaults();

        private Builder() {}

        /** What flush samples are timed and run with. Default {@link Clockwork#system()}. */
        public Builder clockwork(Clockwork clockwork) {
            this.clockwork = Objects.requireNonNull(clockwork, "clockwork");
            return this;
        }

        /** The lag in bytes above which no switchover begins, 0 or more. Default 16 MiB, one segment of the log. */
        public Builder maxLag(long bytes) {
            if (bytes < 0) {
                throw new IllegalArgumentException("The greatest lag is 0 bytes or more, not " + bytes);
            }
            this.maxLagBytes = bytes;
            return this;
        }

        /** For one checkpoint. Default 5 min. */
        public Builder checkpointTimeout(Duration time) {
            this.checkpointTimeout = positive("checkpoint timeout", time);
            return this;
        }

        /**
         * For the clean stop of the old primary: until it has written its last record, which is when the switchover goes on. Nobody can
         * write meanwhile; after it the switchover is called off. Default 30 s.
         */
        public Builder stopTimeout(Duration time) {
            this.stopTimeout = positive("stop timeout", time);
            return this;
        }

        /** For the standby to receive the last write of a stopped primary, and to be cut from one. Default 30 s. */
        public Builder drainTimeout(Duration time) {
            this.drainTimeout = positive("drain timeout", time);
            return this;
        }

        /** For the old primary to accept writes again after a switchover was called off. Default 2 min. */
        public Builder restoreTimeout(Duration time) {
            this.restoreTimeout = positive("restore timeout", time);
            return this;
        }

        /** For a standby to leave recovery; after it the outcome is unknown, not failed. Default 30 s. */
        public Builder promoteTimeout(Duration time) {
            this.promoteTimeout = positive("promote timeout", time);
            return this;
        }

        /** For a rejoined server to be proven to stream. Default 1 min. */
        public Builder rejoinTimeout(Duration time) {
            this.rejoinTimeout = positive("rejoin timeout", time);
            return this;
        }

        /** The policy of every action. Default {@link ExecutionPolicy#defaults()}. */
        public Builder policy(ExecutionPolicy policy) {
            this.policy = Objects.requireNonNull(policy, "policy");
            return this;
        }

        public PostgresReplicaPromoter build() {
            return new PostgresReplicaPromoter(this);
        }

        private static Duration positive(String name, Duration value) {
            if (value.isZero() || value.isNegative() || value.compareTo(Duration.ofDays(1)) > 0) {
                throw new IllegalArgumentException("The " + name + " is more than 0 and at most a day, not " + value);
            }
            return value;
        }
    }
}
