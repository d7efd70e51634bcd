package io.drkit.testkit.disaster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.time.Clockwork;
import io.drkit.testkit.disaster.Shop.Mistake;
import io.drkit.testkit.evidence.Evidence;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mistakes that teams make in plans are found, each by the invariant that names it. */
class PlanMistakesTest {
    @ParameterizedTest
    @CsvSource({
        "PROMOTION_DOES_NOT_WAIT_FOR_THE_WRITERS, no acknowledged write lost in a switchover",
        "TRAFFIC_MOVED_BEFORE_THE_PROMOTION, traffic only to sites that are ready",
        "NO_FENCE, never two writable primaries",
        "FINAL_SYNC_BEFORE_THE_WRITERS_STOPPED, no acknowledged write lost in a switchover",
        "LOSS_NOT_STATED, loss in a failover within the report",
        "UNDO_FORGOTTEN, a report says only what is so",
        "DATABASE_NAME_NOT_MOVED, traffic only to sites that are ready",
        "DATABASE_NAME_MOVED_BEFORE_THE_PROMOTION, a report says only what is so",
        "JOBS_AND_QUEUE_NOT_STARTED, it works when all is over",
        "A_WRITER_FORGOTTEN, only one site processes data",
        "WRITERS_NOT_STOPPED, only one site processes data",
        "FINAL_SYNC_AFTER_THE_TRAFFIC, no acknowledged write lost in a switchover",
        "FINAL_SYNC_OVER_NEWER_FILES, no acknowledged write lost in a switchover",
        "TRAFFIC_MOVED_EAST_WHEREVER_IT_GOES, a report says only what is so"
    })
    void planWithAMistake_isFoundWithinAMinute(Mistake mistake, String invariant) throws Exception {
        Clockwork clock = Clockwork.system();
        long began = clock.nanoTime();

        assertThatThrownBy(() -> Shop.disasters(mistake).runs(10_000).holds(Invariants.all()))
                .isInstanceOf(DisasterFound.class)
                .hasMessageContaining(": " + invariant + "\n");

        double seconds = (clock.nanoTime() - began) / 1e9;
        String name = mistake.name().toLowerCase(Locale.ROOT).replace('_', '-');
        Evidence.atMost("seconds-to-find-" + name, seconds, "s", 60).seed(1).write();
        assertThat(seconds).isLessThan(60);
    }
}
