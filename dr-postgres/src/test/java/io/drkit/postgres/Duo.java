package io.drkit.postgres;

import io.drkit.core.replica.NodeAgent;
import io.drkit.core.time.Clockwork;
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

    /** Where clients go: to the one server and to the other in turn, as they do not know who is the primary. */
    Supplier<String> anyServer() {
        AtomicInteger turn = new AtomicInteger();
        return () -> pair.clientUrl(pair.servers().get(turn.getAndIncrement() % 2));
    }

    @Override
    public void close() {
        pair.close();
    }
}
