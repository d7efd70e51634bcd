package io.drkit.testkit.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Task;
import io.drkit.testkit.evidence.Evidence;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Paused, partitioned and skewed leaders, in ten thousand drawn interleavings. */
@Timeout(600)
@Tag("harness")
class InterleavingsTest {
    private static final int RUNS = Integer.getInteger("drkit.interleavings", 10_000);

    @Test
    @DisplayName(
            "F2, F11, F12: whatever the order, no stale write is accepted and no two nodes hold the lease at one instant")
    void leaders_anyInterleaving_writeOneAfterTheOther() throws Exception {
        Totals totals = run(RUNS, true);

        assertThat(totals.wrongs).isEmpty();
        // The runs are worth something only if leadership changes hands, and if writes come too late.
        assertThat(totals.terms.get()).isGreaterThan(RUNS);
        assertThat(totals.refused.get()).isGreaterThan(RUNS / 100);
        Evidence.atLeast("interleavings-run", RUNS, "interleavings", 10_000).write();
        Evidence.atMost("stale-writes-accepted", totals.staleAccepted.get(), "writes", 0)
                .write();
        assertThat(totals.staleAccepted.get()).isZero();
    }

    @Test
    @DisplayName("F2: a resource that does not compare epochs accepts stale writes, whatever its writers check before")
    void resource_doesNotCompareEpochs_acceptsStaleWrites() throws Exception {
        assertThat(run(200, false).staleAccepted.get()).isPositive();
    }

    @Test
    void run_sameSeed_sameCourse() throws Exception {
        for (long seed = 0; seed < 20; seed++) {
            assertThat(Interleaving.run(seed, true).course())
                    .as("seed %d", seed)
                    .isEqualTo(Interleaving.run(seed, true).course());
        }
    }

    private static final class Totals {
        final ConcurrentLinkedQueue<String> wrongs = new ConcurrentLinkedQueue<>();
        final AtomicLong staleAccepted = new AtomicLong();
        final AtomicLong refused = new AtomicLong();
        final AtomicLong terms = new AtomicLong();
    }

    /** Each run has a virtual time of its own, so two go on at once. */
    private static Totals run(int runs, boolean resourceCompares) throws Exception {
        Totals totals = new Totals();
        AtomicInteger next = new AtomicInteger();
        List<Task> workers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            workers.add(Clockwork.system().start("interleavings " + i, () -> {
                for (int seed = next.getAndIncrement(); seed < runs; seed = next.getAndIncrement()) {
                    try {
                        Interleaving run = Interleaving.run(seed, resourceCompares);
                        for (String wrong : run.wrongs) {
                            totals.wrongs.add("seed " + seed + ", " + wrong);
                        }
                        totals.staleAccepted.addAndGet(run.staleAccepted);
                        totals.refused.addAndGet(run.refused);
                        totals.terms.addAndGet(run.terms);
                    } catch (Exception | Error e) {
                        totals.wrongs.add("seed " + seed + ", " + e);
                    }
                }
            }));
        }
        for (Task worker : workers) {
            assertThat(worker.join(Duration.ofMinutes(9))).isTrue();
        }
        return totals;
    }
}
