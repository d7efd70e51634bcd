package io.drkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.action.ActionExecutor;
import io.drkit.core.replica.FailoverTerms;
import io.drkit.core.replica.LossWaiver;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Everything under a role that is no superuser, with just the grants that the documentation lists. */
class LeastPrivilegeTest extends SharedPair {
    /** As in docs/replica-promoter.md. */
    static final String[] GRANTS = {
        "CREATE ROLE drkit LOGIN REPLICATION",
        "GRANT pg_monitor, pg_checkpoint TO drkit",
        "GRANT CREATE ON DATABASE shop TO drkit",
        "GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO drkit",
        "GRANT EXECUTE ON FUNCTION pg_reload_conf() TO drkit",
        "GRANT EXECUTE ON FUNCTION pg_read_binary_file(text) TO drkit",
        "GRANT ALTER SYSTEM ON PARAMETER primary_conninfo TO drkit"
    };

    @Test
    @DisplayName("D4, D6, D9: switchover, failover and rejoin work under a role with the documented grants alone")
    void everything_underTheDocumentedGrants_works() throws Exception {
        for (String grant : GRANTS) {
            duo.sql(from, grant);
        }
        duo.pair.awaitCaughtUp(from, SOON);
        PostgresNode west = duo.node(from, from).user("drkit").build();
        PostgresNode east = duo.node(to, to).user("drkit").build();
        PostgresReplicaPromoter promoter = PostgresReplicaPromoter.withDefaults();
        ActionExecutor executor = ActionExecutor.on(Duo.CLOCK);

        Recorder first = new Recorder();
        executor.execute(promoter.switchover(west, east), first, ActionExecutor.Watcher.NONE);
        assertThat(first.losses.get(0).evidence()).contains("timeline 2 begins at");
        executor.execute(promoter.switchover(east, west));
        from.stop(io.drkit.core.replica.NodeAgent.Stop.CLEAN);
        executor.execute(promoter.failover(
                west,
                east,
                FailoverTerms.fencedBy(PostgresFences.stopping(west)).waivedBy(new LossWaiver("ann", "a test"))));
        executor.execute(promoter.rejoin(west, east));
        assertThat(duo.pair.writable()).containsExactly(to);
        assertThat(promoter.status(east, west).replica().receiving()).isTrue();
    }
}
