package io.drkit.testkit.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.action.ActionExecutor;
import io.drkit.core.snapshot.SnapshotKeeper;
import io.drkit.core.snapshot.SnapshotPolicy;
import io.drkit.core.snapshot.SnapshotStore;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The example of docs/snapshot-policy.md, run. */
class SnapshotKeeperExampleTest {
    // example: keep
    static final SnapshotPolicy POLICY = SnapshotPolicy.takenEvery(Duration.ofHours(1))
            .keepAll(Duration.ofHours(24))
            .thenOnePer(Duration.ofHours(12), Duration.ofDays(7))
            .thenOnePer(Duration.ofHours(24), Duration.ofDays(15))
            .build();

    /** To be called at least each hour, by whatever scheduler the application has. */
    static void keep(SnapshotStore disk, Clockwork clockwork) throws InterruptedException {
        SnapshotKeeper keeper = SnapshotKeeper.applying(POLICY).build();
        ActionExecutor executor = ActionExecutor.on(clockwork);
        executor.execute(keeper.take(disk));
        executor.execute(keeper.prune(disk));
    }
    // end of example

    @Test
    @DisplayName("C5: the documented example, for 20 days")
    void keep_hourlyForTwentyDays_holdsTheTiers() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(5)) {
            FakeSnapshotStore disk =
                    FakeSnapshotStore.of("disk data-1", virtual).takes(Duration.ofMinutes(3));
            virtual.run(() -> {
                for (int hour = 0; hour < 20 * 24; hour++) {
                    long began = virtual.nanoTime();
                    keep(disk, virtual);
                    virtual.sleep(Duration.ofHours(1).minusNanos(virtual.nanoTime() - began));
                }
                // 24 of the last day, 12 or 13 of the week, 8 or 9 of the days before
                assertThat(disk.list()).hasSizeBetween(44, 46);
            });
            assertThat(disk.created()).isEqualTo(20 * 24);
        }
    }
}
