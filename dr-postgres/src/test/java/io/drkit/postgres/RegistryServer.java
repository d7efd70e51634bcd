package io.drkit.postgres;

import io.drkit.testkit.postgres.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;

/** One server for journals and leases; each test has a schema of its own in it. */
final class RegistryServer implements AutoCloseable {
    private static final AtomicInteger SCHEMAS = new AtomicInteger();

    final PostgresServer server;

    RegistryServer(Path directory) throws Exception {
        server = PostgresServer.builder("registry")
                .directory(directory)
                .durable(false)
                .build();
        server.initialise();
        server.start();
    }

    PostgresNode node() {
        return node(server.host(), server.port());
    }

    static PostgresNode node(String host, int port) {
        return PostgresNode.named("registry")
                .address(host, port)
                .user(PostgresServer.SUPERUSER)
                .connectTimeout(java.time.Duration.ofSeconds(5))
                .socketTimeout(java.time.Duration.ofSeconds(5))
                .build();
    }

    static String schema() {
        return "drkit_test_" + SCHEMAS.incrementAndGet();
    }

    void sql(String sql) throws SQLException {
        try (Connection connection = server.connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    String one(String sql) throws SQLException {
        try (Connection connection = server.connect("postgres");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
