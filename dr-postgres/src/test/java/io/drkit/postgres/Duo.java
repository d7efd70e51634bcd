package io.drkit.postgres;

import io.drkit.core.action.Action;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.replica.NodeAgent;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.testkit.postgres.PostgresPair;
import io.drkit.testkit.postgres.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A real pair, and the nodes by which the promoter knows it. */
final class Duo implements AutoCloseable {
    static final Clockwork CLOCK = Clockwork.system();

    final PostgresPair pair;

    Duo() throws Exception {
        this(builder -> builder);
    }

    Duo(Function<PostgresPair.Builder, PostgresPair.Builder> options) throws Exception {
        pair = options.apply(PostgresPair.builder()
                        .database("shop")
                        .servers(server -> server.setting("wal_receiver_status_interval", "1s")))
                .start();
        sql(pair.first(), "CREATE TABLE item (id bigserial PRIMARY KEY, note text)");
        pair.awaitCaughtUp(pair.first(), Duration.ofSeconds(30));
    }

    PostgresServer westServer() {
        return pair.first();
    }

    PostgresServer eastServer() {
        return pair.second();
    }

    PostgresNode west() {
        return node(pair.first(), pair.first()).build();
    }

    PostgresNode east() {
        return node(pair.second(), pair.second()).build();
    }

    PostgresNode.Builder node(PostgresServer server, @Nullable NodeAgent agent) {
        PostgresNode.Builder builder = PostgresNode.named(server.name())
                .address(server.host(), server.port())
                .database(pair.database())
                .user(PostgresServer.SUPERUSER)
                .connectTimeout(Duration.ofSeconds(2))
                .replication(pair.upstream(server).host(), pair.upstream(server).port(), PostgresServer.SUPERUSER);
        return agent == null ? builder : builder.agent(agent);
    }

    void sql(PostgresServer server, String statement) throws SQLException {
        try (Connection connection = DriverManager.getConnection(pair.directUrl(server));
                Statement s = connection.createStatement()) {
            s.execute(statement);
        }
    }

    String ask(PostgresServer server, String query) throws SQLException {
        try (Connection connection = DriverManager.getConnection(pair.directUrl(server));
                Statement s = connection.createStatement();
                ResultSet row = s.executeQuery(query)) {
            row.next();
            return String.valueOf(row.getString(1));
        }
    }

    void write(PostgresServer server, String note) throws SQLException {
        sql(server, "INSERT INTO item (note) VALUES ('" + note + "')");
    }

    boolean holds(PostgresServer server, String note) throws SQLException {
        return "t".equals(ask(server, "SELECT EXISTS (SELECT FROM item WHERE note = '" + note + "')"));
    }

    boolean writable(PostgresServer server) throws SQLException {
        return "f".equals(ask(server, "SELECT pg_is_in_recovery()"));
    }

    /** Where clients go: first to the primary, then to the other and so on, as they do not know who it is. */
    Supplier<String> anyServer() {
        AtomicInteger turn =
                new AtomicInteger(pair.servers().indexOf(pair.writable().get(0)));
        return () -> pair.clientUrl(pair.servers().get(turn.getAndIncrement() % 2));
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    static void until(Condition condition) throws Exception {
        Deadline deadline = CLOCK.deadline(Duration.ofSeconds(20));
        while (!condition.holds()) {
            if (deadline.passed()) {
                throw new AssertionError("It did not come about within 20 s");
            }
            CLOCK.sleep(Duration.ofMillis(10));
        }
    }

    /** Makes one a primary that the other streams from, whatever a test has done to them. */
    void repair() throws Exception {
        pair.heal();
        for (PostgresServer server : pair.servers()) {
            if (server.running()) {
                server.resume();
            }
        }
        // where both write, the newer timeline is the one that was meant to
        PostgresServer primary = pair.first();
        for (PostgresServer server : pair.writable()) {
            if (!pair.writable().contains(primary) || timeline(server) > timeline(primary)) {
                primary = server;
            }
        }
        if (!pair.writable().contains(primary)) {
            primary.remove("standby.signal");
            primary.remove("drkit.switchover");
            primary.restart();
        }
        PostgresServer other = pair.other(primary);
        if (!streams(primary, other) && !rejoins(primary, other)) {
            pair.rebuild(other);
        }
        pair.awaitCaughtUp(primary, Duration.ofSeconds(20));
    }

    private long timeline(PostgresServer server) throws SQLException {
        return Long.parseLong(ask(server, "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"), 16);
    }

    /** Cheaper than a rebuild, where it may be done. */
    private boolean rejoins(PostgresServer primary, PostgresServer other) throws Exception {
        Action<?> rejoin = PostgresReplicaPromoter.withDefaults()
                .rejoin(node(other, other).build(), node(primary, primary).build());
        ActionExecutor executor = ActionExecutor.on(CLOCK);
        if (executor.preview(rejoin) instanceof Assessment.Needed) {
            executor.execute(rejoin);
            return true;
        }
        return false;
    }

    private boolean streams(PostgresServer primary, PostgresServer other) throws Exception {
        return other.running()
                && !writable(other)
                && ask(primary, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")
                        .equals("1");
    }

    @Override
    public void close() {
        pair.close();
    }
}
