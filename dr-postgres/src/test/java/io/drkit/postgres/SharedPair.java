package io.drkit.postgres;

import io.drkit.core.action.Action;
import io.drkit.core.action.Assessment;
import io.drkit.testkit.postgres.PostgresServer;
import java.time.Duration;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** One pair for a class of tests; who is the primary is found before each, and what a test broke is rebuilt after it. */
abstract class SharedPair {
    static final Duration SOON = Duration.ofSeconds(20);

    static Duo duo;

    PostgresServer from;
    PostgresServer to;

    @BeforeAll
    static void startPair() throws Exception {
        duo = new Duo(pair -> pair.servers(server -> server.setting("wal_retrieve_retry_interval", "100ms")));
    }

    @AfterAll
    static void closePair() {
        duo.close();
    }

    @BeforeEach
    void findRoles() {
        from = duo.pair.writable().get(0);
        to = duo.pair.other(from);
    }

    @AfterEach
    void repair() throws Exception {
        duo.repair();
    }

    PostgresNode from() {
        return duo.node(from, from).build();
    }

    PostgresNode from(WatchedAgent.Watcher watcher) {
        return duo.node(from, new WatchedAgent(from, watcher)).build();
    }

    PostgresNode to() {
        return duo.node(to, to).build();
    }

    /** Observe and apply, as the executor does once. */
    static <O> void apply(Action<O> action, Recorder context) throws InterruptedException {
        O seen = action.observe(context);
        Assertions.assertThat(action.assess(seen)).isInstanceOf(Assessment.Needed.class);
        action.apply(seen, context);
    }
}
