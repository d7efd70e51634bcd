package io.drkit.testkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.replica.NodeAgent.Stop;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PostgresPairTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @Test
    void start_twoServers_rowOfTheFirstIsReadOnTheSecond() throws Exception {
        try (PostgresPair pair = PostgresPair.builder().database("shop").start()) {
            execute(pair.clientUrl(pair.first()), "CREATE TABLE t (id int)");
            execute(pair.clientUrl(pair.first()), "INSERT INTO t VALUES (1)");
            pair.awaitCaughtUp(pair.first(), SOON);

            assertThat(count(pair.clientUrl(pair.second()))).isEqualTo(1);
            assertThat(pair.writable()).containsExactly(pair.first());

            pair.first().stop(Stop.CLEAN);
            assertThat(pair.first().controlState()).isEqualTo(ControlState.SHUT_DOWN);
            assertThat(pair.first().running()).isFalse();
            pair.first().start();
            pair.kill9(pair.first());
            assertThat(pair.first().running()).isFalse();
            assertThat(pair.first().controlState()).isEqualTo(ControlState.IN_PRODUCTION);
            pair.first().start();
            pair.awaitCaughtUp(pair.first(), SOON);
        }
    }

    private static void execute(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long count(String url) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
            rows.next();
            return rows.getLong(1);
        }
    }
}
