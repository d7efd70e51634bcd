package io.drkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.DataLoss;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.ActionExecutor.Watcher;
import io.drkit.core.replica.NodeStatus;
import io.drkit.core.replica.ReplicationStatus;
import io.drkit.testkit.evidence.Evidence;
import io.drkit.testkit.ledger.Audit;
import io.drkit.testkit.ledger.LiveWriter;
import io.drkit.testkit.postgres.PostgresServer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SwitchoverTest extends SharedPair {
    private static final int SWITCHES = 10;

    @Test
    @DisplayName("D4, D6, A11: switchovers over and back under writing clients lose no acknowledged row")
    void switchover_overAndBackUnderWriters_losesNothing() throws Exception {
        PostgresReplicaPromoter promoter = PostgresReplicaPromoter.withDefaults();
        List<Long> gaps = new ArrayList<>();
        for (PostgresServer server : duo.pair.servers()) {
            // the server's own default, with which a promotion that nobody nudges takes 5 s every third time
            duo.sql(server, "ALTER SYSTEM SET wal_retrieve_retry_interval = '5s'");
            duo.sql(server, "SELECT pg_reload_conf()");
        }
        try (LiveWriter writer = LiveWriter.builder(duo.anyServer()).clients(4).start()) {
            for (int i = 0; i < SWITCHES; i++) {
                findRoles();
                assertThat(writer.awaitAcknowledgedSince(writer.mark(), 50, SOON))
                        .isTrue();
                LiveWriter.Mark before = writer.mark();
                Recorder context = new Recorder();
                ActionExecutor.on(Duo.CLOCK).execute(promoter.switchover(from(), to()), context, Watcher.NONE);
                assertThat(writer.awaitAcknowledgedSince(writer.mark(), 50, SOON))
                        .isTrue();
                gaps.add(writer.longestGapSince(before).toMillis());

                ReplicationStatus status = promoter.status(to(), from());
                assertThat(status.primary().role()).isEqualTo(NodeStatus.Role.PRIMARY);
                assertThat(status.primary().timeline()).hasValue(i + 2L);
                assertThat(status.replica().receiving()).isTrue();
                assertThat(status.replica().timeline()).hasValue(i + 2L);
                assertThat(duo.pair.writable()).containsExactly(to);
                assertThat(context.losses).singleElement().satisfies(loss -> {
                    assertThat(loss.stage()).isEqualTo(DataLoss.Stage.ACHIEVED);
                    assertThat(loss.bytes()).hasValue(0);
                    assertThat(loss.evidence()).contains("shut down cleanly at", " begins at ");
                });
                assertThat(context.facts).containsKeys("drained.position", "timings");
            }
            writer.stop();
            Audit audit = writer.audit(duo.pair.directUrl(to));
            assertThat(audit.clean()).isTrue();
            gaps.sort(null);
            Evidence.atMost("postgres-switchover-write-gap-median", gaps.get(gaps.size() / 2), "ms", 400)
                    .write();
            Evidence.atMost("postgres-switchover-write-gap-longest", gaps.get(gaps.size() - 1), "ms", 1000)
                    .write();
            Evidence.atMost("postgres-switchover-rows-lost", audit.lost().size(), "rows", 0)
                    .write();
        }
    }
}
