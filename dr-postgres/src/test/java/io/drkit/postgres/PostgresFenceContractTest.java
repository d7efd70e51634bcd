package io.drkit.postgres;

import io.drkit.core.replica.Fence;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.postgres.PostgresServer;
import io.drkit.testkit.replica.FenceContract;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The fence of a real server under the contract. */
class PostgresFenceContractTest extends FenceContract {
    @TempDir
    private Path directory;

    private PostgresServer server;
    private boolean unreachable;

    @BeforeEach
    void start() throws Exception {
        server = PostgresServer.builder("fenced")
                .directory(directory)
                .durable(false)
                .build();
        server.initialise();
        server.start();
    }

    @AfterEach
    void close() {
        server.close();
    }

    @Override
    protected Clockwork clockwork() {
        return Duo.CLOCK;
    }

    @Override
    protected Fence fence() {
        WatchedAgent agent = new WatchedAgent(server, call -> {
            if (unreachable) {
                throw new IOException("no answer");
            }
        });
        return PostgresFences.stopping(PostgresNode.named("fenced")
                .address(server.host(), server.port())
                .user(PostgresServer.SUPERUSER)
                .agent(agent)
                .build());
    }

    @Override
    protected boolean writable() throws Exception {
        if (!server.running()) {
            return false;
        }
        try (var connection = server.connect("postgres");
                var answer = connection.createStatement().executeQuery("SELECT pg_is_in_recovery()")) {
            answer.next();
            return !answer.getBoolean(1);
        }
    }

    @Override
    protected void crash() throws Exception {
        server.kill9();
    }

    @Override
    protected void reboot() throws Exception {
        server.start();
    }

    @Override
    protected void makeUnreachable() {
        unreachable = true;
    }
}
