package io.drkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.ActionExecutor.Watcher;
import io.drkit.testkit.ledger.LiveWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The controller dies at every boundary between it and the world; another one takes over. */
@Tag("harness")
class SwitchoverCrashTest extends SharedPair {
    @Test
    @DisplayName(
            "D4: a controller that dies at any boundary of a switchover is followed by one that ends it, nothing lost")
    void switchover_controllerDiesAtEveryBoundary_nextOneEndsItWithoutLoss() throws Exception {
        try (LiveWriter writer = LiveWriter.builder(duo.anyServer()).clients(2).start()) {
            int deaths = 0;
            // one boundary further each time, the other way round each time, until the switchover ends before it
            while (true) {
                findRoles();
                List<String> passed = new ArrayList<>();
                boolean died = dies(passed, deaths + 1);
                assertThat(duo.pair.writable()).as("after death at %s", passed).hasSizeLessThan(2);

                ActionExecutor.on(Duo.CLOCK)
                        .execute(
                                PostgresReplicaPromoter.withDefaults().switchover(from(), to()),
                                new Recorder(),
                                Watcher.NONE);

                assertThat(duo.pair.writable()).as("after death at %s", passed).containsExactly(to);
                assertThat(from.dataDirectory().resolve(SwitchoverNote.PATH)).doesNotExist();
                assertThat(duo.ask(from, "SELECT count(*) FROM pg_replication_slots"))
                        .as("slots left after death at %s", passed)
                        .isEqualTo("0");
                assertThat(duo.ask(to, "SELECT count(*) FROM pg_replication_slots WHERE active"))
                        .isEqualTo("1");
                assertThat(writer.awaitAcknowledgedSince(writer.mark(), 5, SOON))
                        .isTrue();
                if (!died) {
                    break;
                }
                deaths++;
            }
            writer.stop();
            duo.pair.awaitCaughtUp(to, SOON);
            assertThat(writer.audit(duo.pair.directUrl(from)).clean()).isTrue();
            assertThat(deaths).isGreaterThan(40);
        }
    }

    /** Answers whether it died, or came to its end before. */
    private boolean dies(List<String> passed, int at) throws Exception {
        MortalContext context = new MortalContext(passed, at);
        PostgresNode mortal = from(moment -> {
            if (context.recorded("switchover.begun").isPresent()) {
                // observing changes nothing, so dying there is not tried
                context.pass(moment);
            }
        });
        try {
            apply(PostgresReplicaPromoter.withDefaults().switchover(mortal, to()), context);
            return false;
        } catch (MortalContext.Death e) {
            return true;
        }
    }
}
