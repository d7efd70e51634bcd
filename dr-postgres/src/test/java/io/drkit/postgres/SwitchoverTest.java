package io.drkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.replica.NodeStatus;
import io.drkit.core.replica.ReplicationStatus;
import io.drkit.testkit.ledger.LiveWriter;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SwitchoverTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private final PostgresReplicaPromoter promoter = PostgresReplicaPromoter.withDefaults();
    private final ActionExecutor executor = ActionExecutor.on(Duo.CLOCK);

    @Test
    @DisplayName("D4, D6, A11: four switchovers over and back under writing clients lose no acknowledged row")
    void switchover_overAndBackUnderWriters_losesNothing() throws Exception {
        try (Duo duo = new Duo();
                LiveWriter writer =
                        LiveWriter.builder(duo.anyServer()).clients(4).start()) {
            PostgresNode[] nodes = {duo.west(), duo.east()};
            for (int i = 0; i < 4; i++) {
                PostgresNode from = nodes[i % 2];
                PostgresNode to = nodes[(i + 1) % 2];
                assertThat(writer.awaitAcknowledgedSince(writer.mark(), 50, SOON))
                        .isTrue();
                LiveWriter.Mark before = writer.mark();

                assertThat(executor.preview(promoter.switchover(from, to))).isInstanceOf(Assessment.Needed.class);
                Recorder context = new Recorder();
                executor.execute(promoter.switchover(from, to), context, ActionExecutor.Watcher.NONE);

                assertThat(writer.awaitAcknowledgedSince(writer.mark(), 50, SOON))
                        .isTrue();
                System.out.println(writer.longestGapSince(before) + " " + context.facts + " " + context.losses);
                ReplicationStatus status = promoter.status(to, from);
                assertThat(status.primary().role()).isEqualTo(NodeStatus.Role.PRIMARY);
                assertThat(status.replica().receiving()).isTrue();
                assertThat(status.primary().timeline()).hasValue(i + 2L);
            }
            writer.stop();
            assertThat(writer.audit(duo.pair.directUrl(duo.westServer())).lost())
                    .isEmpty();
        }
    }
}
