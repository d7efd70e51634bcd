package io.drkit.samples.benchmarks;

import io.drkit.core.snapshot.Snapshot;
import io.drkit.core.snapshot.Snapshot.State;
import io.drkit.core.snapshot.SnapshotDecision;
import io.drkit.core.snapshot.SnapshotPolicy;
import io.drkit.testkit.evidence.Evidence;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** How long one decision over very many snapshots takes, beside sorting them by date alone. */
final class Retention {
    private static final long SEED = 42;
    private static final int ROUNDS = 11;
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final SnapshotPolicy POLICY = SnapshotPolicy.takenEvery(Duration.ofHours(1))
            .keepAll(Duration.ofHours(24))
            .thenOnePer(Duration.ofHours(12), Duration.ofDays(7))
            .thenOnePer(Duration.ofHours(24), Duration.ofDays(15))
            .build();

    private Retention() {}

    static void measure() throws Exception {
        System.out.println(
                "Retention: one decision over n snapshots of 30 days, shuffled, 1 in 25 failed or pending; median of "
                        + ROUNDS + " after warm-up, least and most in brackets");
        for (int n : new int[] {10_000, 100_000, 1_000_000}) {
            List<Snapshot> snapshots = snapshots(n);
            Timing sorting = new Timing(ROUNDS);
            Timing deciding = new Timing(ROUNDS);
            SnapshotDecision decision = POLICY.decide(snapshots, NOW);
            for (int warmUp = 0; warmUp < 2_000_000 / n; warmUp++) {
                decision = POLICY.decide(snapshots, NOW);
                sorted(snapshots);
            }
            for (int round = 0; round < ROUNDS; round++) {
                sorting.add(() -> sorted(snapshots));
                deciding.add(() -> POLICY.decide(snapshots, NOW));
            }
            System.out.printf(
                    Locale.ROOT,
                    "  n = %,9d: decide %s, of processor time %.1f; sort alone %s, of processor time %.1f; %,d kept,"
                            + " %,d dropped%n",
                    n,
                    deciding,
                    deciding.cpuMedian() * 1e3,
                    sorting,
                    sorting.cpuMedian() * 1e3,
                    decision.keep().size(),
                    decision.drop().size());
            if (n == 1_000_000) {
                Evidence.atMost("retention-of-a-million", round(deciding.median()), "s", 1)
                        .seed(SEED)
                        .write();
            }
        }
    }

    private static List<Snapshot> sorted(List<Snapshot> snapshots) {
        List<Snapshot> copy = new ArrayList<>(snapshots);
        copy.sort(Comparator.comparing(Snapshot::taken));
        return copy;
    }

    private static List<Snapshot> snapshots(int n) {
        Random random = new Random(SEED);
        long span = Duration.ofDays(30).toNanos();
        List<Snapshot> all = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
            int kind = random.nextInt(50);
            State state = kind == 0 ? State.FAILED : kind == 1 ? State.PENDING : State.GOOD;
            all.add(new Snapshot("snapshot-" + i, NOW.minusNanos((long) (random.nextDouble() * span)), state));
        }
        Collections.shuffle(all, random);
        return all;
    }

    private static double round(double seconds) {
        return Math.round(seconds * 1000) / 1000.0;
    }
}
