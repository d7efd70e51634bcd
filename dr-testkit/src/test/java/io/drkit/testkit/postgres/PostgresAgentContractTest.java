package io.drkit.testkit.postgres;

import io.drkit.core.replica.NodeAgent;
import io.drkit.testkit.replica.NodeAgentContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A real server as its own agent, under the contract. */
class PostgresAgentContractTest extends NodeAgentContract {
    @TempDir
    static Path directory;

    private static PostgresServer server;

    @BeforeAll
    static void build() throws Exception {
        server = PostgresServer.builder("agent")
                .directory(directory)
                .durable(false)
                .build();
        server.initialise();
    }

    @AfterAll
    static void close() {
        server.close();
    }

    @BeforeEach
    void start() throws Exception {
        server.start();
    }

    @Override
    protected NodeAgent agent() {
        return server;
    }
}
