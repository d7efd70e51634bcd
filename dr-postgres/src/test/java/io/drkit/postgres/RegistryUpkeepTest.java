package io.drkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.drkit.core.BlockedException;
import io.drkit.core.Epoch;
import io.drkit.core.journal.CorruptJournalException;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalEntry.Kind;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.lease.LeaseRecord;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.readiness.Check;
import io.drkit.core.readiness.ReadyState;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tables made by older versions, rows written by newer ones, and what a server's administrator may have set. */
@Timeout(120)
class RegistryUpkeepTest {
    private static final JournalKey KEY = new JournalKey("shop", "west", "east");

    @TempDir
    static Path directory;

    static RegistryServer registry;

    private final String schema = RegistryServer.schema();

    @BeforeAll
    static void start() throws Exception {
        registry = new RegistryServer(directory);
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    private PostgresJournalStore store() {
        return new PostgresJournalStore(registry.node(), schema);
    }

    private static JournalEntry began() {
        return new JournalEntry(Kind.RUN_BEGAN, Instant.EPOCH, "", Map.of("run", "one"));
    }

    private static Instruction pause(String id, String run) {
        return new Instruction(id, Instruction.Kind.PAUSE, "", "ann", "", "a test", Instant.EPOCH, run);
    }

    private void begin() {
        try (Journal journal = store().open(KEY)) {
            journal.raiseEpoch(Epoch.NONE);
            journal.begin(began());
        }
    }

    @Test
    @DisplayName("F9: a journal whose tables were made before words had a run is read, written and opened")
    void instructions_tablesOfAnOlderVersion_areUpgradedWhenFirstWritten() throws Exception {
        begin();
        registry.sql("ALTER TABLE " + schema + ".instruction DROP COLUMN meant_for");
        registry.sql("INSERT INTO " + schema
                + ".instruction (journal, run, number, id, kind, subject, who, role, reason, at)"
                + " SELECT journal, number, 1, 'old', 'PAUSE', '', 'ann', '', 'a test', '1970-01-01T00:00:00Z' FROM "
                + schema + ".run");

        assertThat(store().instructions(KEY)).containsExactly(pause("old", ""));
        assertThat(registry.one(columns())).as("who looks changes nothing").isEqualTo("0");

        store().post(KEY, pause("new", "one"));
        assertThat(store().instructions(KEY)).containsExactly(pause("old", ""), pause("new", "one"));
        assertThat(registry.one(columns())).isEqualTo("1");

        // an older version goes on beside it
        registry.sql("INSERT INTO " + schema
                + ".instruction (journal, run, number, id, kind, subject, who, role, reason, at)"
                + " SELECT journal, number, 3, 'older', 'PAUSE', '', 'ann', '', 'a test', '1970-01-01T00:00:00Z' FROM "
                + schema + ".run");
        assertThat(store().instructions(KEY)).contains(pause("older", ""));

        registry.sql("ALTER TABLE " + schema + ".instruction DROP COLUMN meant_for");
        store().open(KEY).close();
        assertThat(registry.one(columns())).isEqualTo("1");
    }

    private String columns() {
        return "SELECT count(*) FROM pg_attribute WHERE attrelid = '" + schema
                + ".instruction'::regclass AND attname = 'meant_for' AND NOT attisdropped";
    }

    @Test
    void instructions_tableBusyWhileItIsToBeUpgraded_refusedAndNotWaitedFor() throws Exception {
        begin();
        registry.sql("ALTER TABLE " + schema + ".instruction DROP COLUMN meant_for");
        try (Connection other = registry.server.connect("postgres");
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE " + schema + ".instruction IN SHARE MODE");
            BlockedException busy =
                    catchThrowableOfType(BlockedException.class, () -> store().post(KEY, pause("new", "")));
            assertThat(busy.code()).isEqualTo("journal.unreachable");
            assertThat(busy).hasMessageContaining("55P03");
            other.rollback();
        }
        store().post(KEY, pause("new", ""));
        assertThat(store().instructions(KEY)).containsExactly(pause("new", ""));
    }

    @Test
    @DisplayName("F9: a word of a newer version is damage that is told, not an error of this one")
    void instructions_rowOfANewerVersion_isCorrupt() throws Exception {
        begin();
        store().post(KEY, pause("one", ""));
        for (String change :
                new String[] {"kind = 'DANCE'", "kind = 'PAUSE', at = 'noon'", "at = '1970-01-01T00:00:00Z', who = ''"
                }) {
            registry.sql("UPDATE " + schema + ".instruction SET " + change);
            assertThatThrownBy(() -> store().instructions(KEY))
                    .as(change)
                    .isInstanceOf(CorruptJournalException.class)
                    .hasMessageContaining("journal.corrupt");
        }
    }

    @Test
    @DisplayName("F3: a journal that waits for an approval outlives the server's own limit on idle sessions")
    void journal_serverEndsIdleSessions_isHeldAllTheSame() throws Exception {
        registry.sql("ALTER DATABASE postgres SET idle_session_timeout = '200ms'");
        try (Journal journal = store().open(KEY);
                Connection idle = registry.server.connect("postgres")) {
            Epoch epoch = journal.raiseEpoch(Epoch.NONE);
            journal.begin(began());
            idle.createStatement().close();
            long other = Long.parseLong(one(idle, "SELECT pg_backend_pid()"));
            // this one has been idle for longer than that one, which the server ends
            Duo.until(() -> registry.one("SELECT count(*) FROM pg_stat_activity WHERE pid = " + other)
                    .equals("0"));
            journal.requireHeld(epoch);
            journal.append(new JournalEntry(Kind.FACT, Instant.EPOCH, "step", Map.of("text", "after the approval")));
        } finally {
            registry.sql("ALTER DATABASE postgres RESET idle_session_timeout");
        }
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                var row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    @Test
    @DisplayName(
            "F13: a write that cannot be done in time is ended by the server, so that it does not come about later")
    void append_rowLockedByAnother_isEndedAtTheServerAndNotUnknown() throws Exception {
        PostgresNode impatient = PostgresNode.named("registry")
                .address(registry.server.host(), registry.server.port())
                .user(io.drkit.testkit.postgres.PostgresServer.SUPERUSER)
                .socketTimeout(java.time.Duration.ofSeconds(1))
                .build();
        PostgresJournalStore store = new PostgresJournalStore(impatient, schema);
        try (Connection other = registry.server.connect("postgres");
                Statement statement = other.createStatement()) {
            Journal journal = store.open(KEY);
            journal.raiseEpoch(Epoch.NONE);
            other.setAutoCommit(false);
            statement.execute("UPDATE " + schema + ".journal SET owner = 'somebody'");
            assertThat(catchThrowable(() -> journal.begin(began()))).hasMessageContaining("55P03");
            other.rollback();
            assertThat(journal.latestRun()).isEmpty();
            journal.close();
        }
        assertThat(store().runs(KEY, 1)).isEmpty();
        try (Journal again = store().open(KEY)) {
            assertThat(again.latestRun()).isEmpty();
        }
    }

    @Test
    @DisplayName("F3, F14: a registry that may forget what it acknowledged when it is failed over is not ready")
    void outlivesFailover_standbyThatIsNotWaitedFor_isNotReady() throws Exception {
        Check check = store().outlivesFailover();
        assertThat(check.run(Duo.CLOCK).state()).isEqualTo(ReadyState.NOT_READY);
        assertThat(check.run(Duo.CLOCK).why()).contains("fsync");
        set("fsync", "on");
        assertThat(check.run(Duo.CLOCK).state()).isEqualTo(ReadyState.READY);
        registry.sql("SELECT pg_create_physical_replication_slot('standby')");
        try {
            assertThat(check.run(Duo.CLOCK).state()).isEqualTo(ReadyState.NOT_READY);
            assertThat(new PostgresLeaseStore(registry.node())
                            .outlivesFailover()
                            .run(Duo.CLOCK)
                            .remedy())
                    .contains("synchronous_standby_names");
            set("synchronous_standby_names", "standby");
            assertThat(check.run(Duo.CLOCK).state()).isEqualTo(ReadyState.READY);
        } finally {
            set("synchronous_standby_names", "");
            set("fsync", "off");
            registry.sql("SELECT pg_drop_replication_slot('standby')");
        }
    }

    @Test
    @DisplayName("F3, F6: journals and leases share no schema, as the failover of their server is confirmed for each")
    void create_schemaOfTheOtherStore_refused() throws Exception {
        LeaseRecord record =
                new LeaseRecord(Optional.empty(), new Epoch(1), Duration.ofSeconds(10), 0, Optional.empty(), Map.of());
        PostgresLeaseStore leases = new PostgresLeaseStore(registry.node(), "drkit_shared");
        PostgresJournalStore journals = new PostgresJournalStore(registry.node(), "drkit_shared");
        LeaseStore.Seen written = leases.write("shop", leases.read("shop"), record);
        assertThatThrownBy(() -> journals.open(KEY)).hasMessageContaining("journal.schema-shared");
        // those that share one since an older version go on
        registry.sql("CREATE TABLE drkit_shared.journal ()");
        leases.write("shop", written, record);
        registry.sql("DROP TABLE drkit_shared.lease");
        assertThatThrownBy(() -> leases.write("shop", written, record)).hasMessageContaining("lease.schema-shared");
        registry.sql("DROP SCHEMA drkit_shared CASCADE");
    }

    private static void set(String name, String value) throws Exception {
        registry.sql("ALTER SYSTEM SET " + name + " = '" + value + "'");
        registry.sql("SELECT pg_reload_conf()");
        Duo.until(() -> registry.one("SHOW " + name).equals(value));
    }
}
