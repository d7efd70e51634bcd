package io.drkit.core.snapshot;

import io.drkit.core.snapshot.SnapshotDecision.Reason;
import io.drkit.core.snapshot.SnapshotDecision.Verdict;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tiered retention: which snapshots to keep, which to drop, and when the next is due. Pure: it asks no clock and no store.
 *
 * <pre>{@code
 * SnapshotPolicy policy = SnapshotPolicy.takenEvery(Duration.ofHours(1))
 *         .keepAll(Duration.ofHours(24))
 *         .thenOnePer(Duration.ofHours(12), Duration.ofDays(7))
 *         .thenOnePer(Duration.ofHours(24), Duration.ofDays(15))
 *         .build();
 * SnapshotDecision decision = policy.decide(store.list(), now);
 * }</pre>
 *
 * <p>What it promises:
 * <ul>
 *   <li>Periods are counted from 1970-01-01T00:00Z and not from now, so 12 h means 00:00 to 12:00 and 12:00 to 24:00 UTC. Time
 *       zones and daylight saving play no part.
 *   <li>Of each period of each tier the first good snapshot stands for it, and is kept until it reaches the age at which that
 *       tier ends. Which one stands for a period does not depend on when or how often the policy is applied, so that applying it
 *       each minute thins out no more than applying it once.
 *   <li>The newest good snapshot is never dropped, whatever its age. As long as there is no good one, nothing is.
 *   <li>A snapshot dated more than {@link Builder#clockTolerance} in the future is kept, flagged, and otherwise ignored: it makes
 *       no other one look old, and counts neither as the newest nor as taken.
 *   <li>A snapshot still being made is kept, and flagged after {@link Builder#stuckAfter}. A failed one is flagged, and dropped
 *       after {@link Builder#failedGrace} if there is a good one.
 *   <li>An age is reached at its very instant: kept while younger than 24 h means dropped at 24 h sharp.
 * </ul>
 *
 * <p>The next snapshot is due at the beginning of the next interval, also counted from 1970: a job that comes a little early one
 * time and a little late another neither skips one nor takes two. One that failed or is stuck does not count as taken.
 *
 * <p>Takes O(n log n) for n snapshots. Immutable and thread-safe.
 */
public final class SnapshotPolicy {
    private static final Comparator<Snapshot> ORDER =
            Comparator.comparing(Snapshot::taken).thenComparing(Snapshot::id).thenComparing(Snapshot::state);

    private final Duration every;
    private final Duration keepAll;
    private final List<Tier> tiers;
    private final Duration clockTolerance;
    private final Duration failedGrace;
    private final Duration stuckAfter;

    private SnapshotPolicy(Builder builder, Duration keepAll) {
        every = builder.every;
        this.keepAll = keepAll;
        tiers = List.copyOf(builder.tiers);
        clockTolerance = builder.clockTolerance;
        failedGrace = builder.failedGrace;
        stuckAfter = builder.stuckAfter;
    }

    /** Starts a policy under which a snapshot is due each {@code interval}: whole seconds, at least one. */
    public static Builder takenEvery(Duration interval) {
        return new Builder(wholeSeconds("the interval", interval));
    }

    /** How often a snapshot is due. */
    public Duration interval() {
        return every;
    }

    /** How young the newest good snapshot is while all is well: what is younger than this proves that snapshots are being taken. */
    Duration freshness() {
        Duration twice = every.multipliedBy(2);
        return twice.compareTo(keepAll) > 0 ? twice : keepAll;
    }

    /** The policy in words; the same for equal policies. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("one each " + every + ", all younger than " + keepAll);
        tiers.forEach(tier ->
                text.append(", one per ").append(tier.period).append(" up to ").append(tier.upTo));
        return text.toString();
    }

    /**
     * Decides what stays and what goes.
     *
     * @param snapshots in any order; one that is listed twice counts once
     * @param now the time by the caller's clock
     */
    public SnapshotDecision decide(List<Snapshot> snapshots, Instant now) {
        Set<String> contradictory = new HashSet<>();
        List<Snapshot> sorted = eachOnce(snapshots, contradictory);
        Instant future = now.plus(clockTolerance);
        Instant young = ago(now, keepAll);
        Instant failedLately = ago(now, failedGrace);
        Instant underway = ago(now, stuckAfter);
        Instant end = ago(now, end());
        String tooOld = "older than " + end();
        Snapshot newestGood = null;
        Snapshot newestTaken = null;
        for (int i = sorted.size() - 1; i >= 0 && newestGood == null; i--) {
            Snapshot snapshot = sorted.get(i);
            if (snapshot.taken().isAfter(future) || isIn(contradictory, snapshot)) {
                continue;
            }
            if (snapshot.state() == Snapshot.State.GOOD) {
                newestGood = snapshot;
            }
            boolean taken = newestGood != null
                    || (snapshot.state() == Snapshot.State.PENDING
                            && snapshot.taken().isAfter(underway));
            if (taken && newestTaken == null) {
                newestTaken = snapshot;
            }
        }

        List<Verdict> keep = new ArrayList<>();
        List<Verdict> drop = new ArrayList<>();
        Periods periods = new Periods(now);
        for (Snapshot snapshot : sorted) {
            if (isIn(contradictory, snapshot)) {
                keep.add(new Verdict(snapshot, Reason.CONTRADICTORY, "the store lists different ones under this id"));
            } else if (snapshot.taken().isAfter(future)) {
                keep.add(new Verdict(snapshot, Reason.IN_THE_FUTURE, "dated in the future: a clock is wrong"));
            } else if (snapshot.state() == Snapshot.State.PENDING) {
                keep.add(
                        snapshot.taken().isAfter(underway)
                                ? new Verdict(snapshot, Reason.PENDING, "still being made")
                                : new Verdict(snapshot, Reason.STUCK, "still being made after " + stuckAfter));
            } else if (snapshot.state() == Snapshot.State.FAILED) {
                if (snapshot.taken().isAfter(failedLately)) {
                    keep.add(new Verdict(snapshot, Reason.FAILED_LATELY, "failed less than " + failedGrace + " ago"));
                } else if (newestGood == null) {
                    keep.add(new Verdict(snapshot, Reason.FAILED_BUT_NO_GOOD_ONE, "failed, but there is no good one"));
                } else {
                    drop.add(new Verdict(snapshot, Reason.FAILED_LONG_AGO, "failed more than " + failedGrace + " ago"));
                }
            } else {
                Tier standsFor = periods.standsFor(snapshot);
                if (snapshot.taken().isAfter(young)) {
                    keep.add(new Verdict(snapshot, Reason.YOUNG, "younger than " + keepAll));
                } else if (standsFor != null) {
                    keep.add(new Verdict(snapshot, Reason.FIRST_OF_PERIOD, standsFor.because));
                } else if (snapshot.equals(newestGood)) {
                    keep.add(new Verdict(snapshot, Reason.NEWEST_GOOD, "the newest good one"));
                } else if (snapshot.taken().isAfter(end)) {
                    drop.add(new Verdict(snapshot, Reason.NOT_FIRST_OF_PERIOD, "an earlier one stands for its period"));
                } else {
                    drop.add(new Verdict(snapshot, Reason.TOO_OLD, tooOld));
                }
            }
        }
        return new SnapshotDecision(now, keep, drop, nextDue(newestTaken, now));
    }

    private static boolean isIn(Set<String> contradictory, Snapshot snapshot) {
        return !contradictory.isEmpty() && contradictory.contains(snapshot.id());
    }

    /** Oldest first; those of one instant by id. */
    private static List<Snapshot> eachOnce(List<Snapshot> snapshots, Set<String> contradictory) {
        Map<String, Snapshot> byId = new HashMap<>(snapshots.size() * 2);
        Set<Snapshot> contradicting = new HashSet<>();
        List<Snapshot> all = new ArrayList<>(snapshots.size());
        for (Snapshot snapshot : snapshots) {
            Snapshot before = byId.putIfAbsent(snapshot.id(), snapshot);
            if (before == null) {
                all.add(snapshot);
            } else if (!before.equals(snapshot)) {
                contradictory.add(snapshot.id());
                contradicting.add(snapshot);
            }
        }
        all.addAll(contradicting);
        return sorted(all);
    }

    /**
     * Sorts by the second first, as numbers that hold the index in their lower bits: sorting a million objects by following
     * references to them takes most of the time otherwise.
     */
    private static List<Snapshot> sorted(List<Snapshot> all) {
        long least = Long.MAX_VALUE;
        long most = Long.MIN_VALUE;
        for (Snapshot snapshot : all) {
            long second = snapshot.taken().getEpochSecond();
            least = Math.min(least, second);
            most = Math.max(most, second);
        }
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(all.size());
        Snapshot[] sorted = all.toArray(new Snapshot[0]);
        if (sorted.length < 2 || (most - least) >>> (Long.SIZE - 1 - bits) != 0) {
            // spread over thousands of years
            Arrays.sort(sorted, ORDER);
            return Arrays.asList(sorted);
        }
        long[] keys = new long[sorted.length];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = (sorted[i].taken().getEpochSecond() - least) << bits | i;
        }
        Arrays.sort(keys);
        int begin = 0;
        for (int i = 0; i < keys.length; i++) {
            sorted[i] = all.get((int) (keys[i] & ((1L << bits) - 1)));
            if (keys[i] >>> bits != keys[begin] >>> bits) {
                Arrays.sort(sorted, begin, i, ORDER);
                begin = i;
            }
        }
        Arrays.sort(sorted, begin, sorted.length, ORDER);
        return Arrays.asList(sorted);
    }

    private Instant nextDue(@Nullable Snapshot newestTaken, Instant now) {
        if (newestTaken == null) {
            return now;
        }
        return Instant.ofEpochSecond((period(newestTaken.taken(), every.toSeconds()) + 1) * every.toSeconds());
    }

    /** The age from which on nothing is kept by right. */
    private Duration end() {
        return tiers.isEmpty() ? keepAll : tiers.get(tiers.size() - 1).upTo;
    }

    /** What is taken after this instant is younger than {@code age}. */
    private static Instant ago(Instant now, Duration age) {
        try {
            return now.minus(age);
        } catch (DateTimeException | ArithmeticException beforeAllTime) {
            return Instant.MIN;
        }
    }

    private static long period(Instant instant, long seconds) {
        return Math.floorDiv(instant.getEpochSecond(), seconds);
    }

    private static Duration wholeSeconds(String name, Duration value) {
        if (value.toSeconds() < 1 || !value.equals(Duration.ofSeconds(value.toSeconds()))) {
            throw new IllegalArgumentException(name + " must be whole seconds, at least one, not " + value);
        }
        return value;
    }

    private record Tier(Duration period, Duration upTo, String because) {}

    /** Which period each tier has come to, as the good snapshots go by, oldest first. */
    private final class Periods {
        private final long[] current = new long[tiers.size()];
        private final Instant[] ends = new Instant[tiers.size()];

        Periods(Instant now) {
            for (int i = 0; i < ends.length; i++) {
                ends[i] = ago(now, tiers.get(i).upTo);
                // no period of whole seconds has this number
                current[i] = Long.MIN_VALUE;
            }
        }

        /** The last tier in which {@code snapshot} stands for its period and is still young enough. */
        @Nullable
        Tier standsFor(Snapshot snapshot) {
            Tier found = null;
            for (int i = 0; i < current.length; i++) {
                Tier tier = tiers.get(i);
                long period = period(snapshot.taken(), tier.period.toSeconds());
                if (current[i] != period) {
                    current[i] = period;
                    if (snapshot.taken().isAfter(ends[i])) {
                        found = tier;
                    }
                }
            }
            return found;
        }
    }

    /**
     * Builds a policy. A bad value throws {@link IllegalArgumentException} at once, a bad combination
     * {@link IllegalStateException} in {@link #build}. Not thread-safe.
     */
    public static final class Builder {
        private final Duration every;
        private @Nullable Duration keepAll;
        private final List<Tier> tiers = new ArrayList<>();
        private Duration clockTolerance = Duration.ofMinutes(5);
        private Duration failedGrace = Duration.ofHours(24);
        private Duration stuckAfter = Duration.ofHours(6);

        private Builder(Duration every) {
            this.every = every;
        }

        /** Keeps every good snapshot younger than {@code age}: whole seconds, at least one. To be said exactly once. */
        public Builder keepAll(Duration age) {
            if (keepAll != null) {
                throw new IllegalStateException("keepAll was said already: " + keepAll);
            }
            keepAll = wholeSeconds("the age", age);
            return this;
        }

        /**
         * Keeps, beyond the tier before, the first good snapshot of each {@code period} up to the age {@code upTo}. Any number of
         * tiers; each must reach further than the one before it, with a period that is not shorter.
         *
         * @param period whole seconds, at least one
         * @param upTo whole seconds, at least one
         */
        public Builder thenOnePer(Duration period, Duration upTo) {
            wholeSeconds("the period", period);
            wholeSeconds("the age", upTo);
            tiers.add(new Tier(period, upTo, "the first of its " + period + ", younger than " + upTo));
            return this;
        }

        /** How far the clocks of the store and of the caller may differ; zero or more, 5 minutes if not said. */
        public Builder clockTolerance(Duration tolerance) {
            clockTolerance = notNegative("the clock tolerance", tolerance);
            return this;
        }

        /** How long a failed snapshot is kept for somebody to look into; zero or more, 24 hours if not said. */
        public Builder failedGrace(Duration grace) {
            failedGrace = notNegative("the grace", grace);
            return this;
        }

        /** After how long a snapshot that is still being made counts as stuck; zero or more, 6 hours if not said. */
        public Builder stuckAfter(Duration time) {
            stuckAfter = notNegative("the time", time);
            return this;
        }

        /**
         * Builds it.
         *
         * @throws IllegalStateException when {@link #keepAll} is missing, or a tier does not reach further than the one before it
         *     or has a shorter period
         */
        public SnapshotPolicy build() {
            Duration reached = Objects.requireNonNullElse(keepAll, Duration.ZERO);
            if (reached.isZero()) {
                throw new IllegalStateException("Say first up to which age all snapshots are kept: keepAll(...)");
            }
            SnapshotPolicy policy = new SnapshotPolicy(this, reached);
            Duration period = Duration.ZERO;
            for (Tier tier : tiers) {
                if (tier.upTo.compareTo(reached) <= 0) {
                    throw new IllegalStateException("A tier up to " + tier.upTo + " keeps nothing beyond " + reached);
                }
                if (tier.period.compareTo(period) < 0) {
                    throw new IllegalStateException("One per " + tier.period + " cannot follow one per " + period);
                }
                reached = tier.upTo;
                period = tier.period;
            }
            return policy;
        }

        private static Duration notNegative(String name, Duration value) {
            if (value.isNegative()) {
                throw new IllegalArgumentException(name + " must be zero or more, not " + value);
            }
            return value;
        }
    }
}
