package io.drkit.postgres;

import io.drkit.core.NotFoundException;
import io.drkit.core.Problem;
import io.drkit.core.journal.CorruptJournalException;
import io.drkit.core.journal.EntryChain;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalInUseException;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.journal.Words;
import io.drkit.core.readiness.Check;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Journals as tables of a PostgreSQL database, for controllers that share no disk.
 *
 * <pre>{@code
 * PostgresNode registry = PostgresNode.named("registry").address("registry.internal", 5432).user("drkit").build();
 * PlanRunner runner = PlanRunner.journalingTo(new PostgresJournalStore(registry)).build();
 * }</pre>
 *
 * <p><b>Not in the database that is failed over</b>, nor on a server that shares its fate: the journal must be there when the active
 * site is dead, and a switchover stops that database's writes on purpose. Where no third place is to be had, mirror it with files
 * ({@link io.drkit.core.journal.MirroredJournalStore}).
 *
 * <p>Each entry is a row that holds the same line as in a file ({@link EntryChain}), so a row that was changed, removed or moved is
 * noticed. Appending compares the owner's generation and epoch in the same statement, and so in the same transaction: whoever was
 * taken over appends nothing, however late its statement arrives. A journal is open as long as the session that opened it: when the
 * process ends, the server frees it; when its machine vanishes, within half a minute. Connect to the server itself, as a pooler
 * that hands out a session for a transaction frees the journal under its owner.
 *
 * <p>A connection that breaks ends the run that uses it, with the code {@code journal.unreachable}: the lock went with it. Whether
 * the last entry stands there is seen when the journal is opened again. The tables are made when they are first needed, in a schema
 * of their own. Thread-safe; holds no connection itself.
 */
public final class PostgresJournalStore implements JournalStore {
    private static final String TABLES = """
            CREATE TABLE IF NOT EXISTS SCHEMA.journal (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                plan text NOT NULL,
                site_a text NOT NULL,
                site_b text NOT NULL,
                generation bigint NOT NULL DEFAULT 0,
                epoch bigint NOT NULL DEFAULT 0,
                owner text NOT NULL DEFAULT '',
                UNIQUE (plan, site_a, site_b));
            CREATE TABLE IF NOT EXISTS SCHEMA.run (
                journal bigint NOT NULL REFERENCES SCHEMA.journal,
                number bigint NOT NULL,
                epoch bigint NOT NULL,
                PRIMARY KEY (journal, number),
                UNIQUE (journal, epoch));
            CREATE TABLE IF NOT EXISTS SCHEMA.entry (
                journal bigint NOT NULL,
                run bigint NOT NULL,
                number bigint NOT NULL,
                line text NOT NULL,
                PRIMARY KEY (journal, run, number),
                FOREIGN KEY (journal, run) REFERENCES SCHEMA.run);
            CREATE TABLE IF NOT EXISTS SCHEMA.instruction (
                journal bigint NOT NULL,
                run bigint NOT NULL,
                number bigint NOT NULL,
                id text NOT NULL,
                kind text NOT NULL,
                subject text NOT NULL,
                who text NOT NULL,
                role text NOT NULL,
                reason text NOT NULL,
                at text NOT NULL,
                meant_for text NOT NULL DEFAULT '',
                PRIMARY KEY (journal, run, number),
                UNIQUE (journal, run, id),
                FOREIGN KEY (journal, run) REFERENCES SCHEMA.run);
            """;

    private final Registry registry;
    private final String schema;

    /** Keeps journals in the schema {@code drkit_journal} of the node's database. */
    public PostgresJournalStore(PostgresNode node) {
        this(node, "drkit_journal");
    }

    /**
     * Keeps journals in a schema of that name.
     *
     * @param schema lower-case letters, digits and underscores, 63 at most
     */
    public PostgresJournalStore(PostgresNode node, String schema) {
        this.registry = new Registry(
                node,
                schema,
                "journal",
                "let somebody confirm it by name: PostgresJournalStore.confirmFailover(\"ann\", \"why\")");
        this.schema = schema;
    }

    /**
     * That no acknowledged write is lost when the server of this store crashes or is itself failed over: {@code fsync} is on, and a
     * server with standbys waits for one of them ({@code synchronous_standby_names}). Otherwise an epoch could be given twice. And that
     * no failover of it waits to be {@linkplain #confirmFailover confirmed}, as no run can begin or go on until then.
     */
    public Check outlivesFailover() {
        return registry.outlivesFailover();
    }

    @Override
    public Journal open(JournalKey key) {
        return held(key, connection -> {
            row(connection, key);
            long generation = number(connection, "SELECT generation FROM SCHEMA.journal WHERE " + KEY, key)
                    .orElseThrow();
            return generation;
        });
    }

    @Override
    public Journal takeOver(JournalKey key) {
        return held(key, connection -> {
            row(connection, key);
            // Where it cannot be read it is not taken from anybody either.
            runs(connection, key, 1);
            return number(
                            connection,
                            "UPDATE SCHEMA.journal AS j SET generation = generation + 1, epoch = greatest(epoch,"
                                    + " (SELECT max(epoch) FROM SCHEMA.run WHERE journal = j.id)) + 1 WHERE " + KEY
                                    + " RETURNING generation",
                            key)
                    .orElseThrow();
        });
    }

    private static final String KEY = "plan = ? AND site_a = ? AND site_b = ?";

    /** Opens the generation that {@code generation} answers, which must still be the newest once its lock is held. */
    private Journal held(JournalKey key, Registry.Work<Long> generation) {
        Connection connection = registry.connect();
        try {
            create(connection);
            registry.requireSameServer(connection);
            long mine = generation.with(connection);
            boolean locked = number(
                            connection,
                            "SELECT CASE WHEN pg_try_advisory_lock(hashtextextended('drkit journal SCHEMA.' || id || '.' || "
                                    + mine + ", 0)) THEN 1 ELSE 0 END FROM SCHEMA.journal WHERE " + KEY,
                            key)
                    .equals(OptionalLong.of(1));
            if (!locked) {
                throw inUse(key, owner(connection, key));
            }
            OptionalLong journal = number(
                    connection,
                    "UPDATE SCHEMA.journal SET owner = 'process "
                            + ProcessHandle.current().pid()
                            + ", connected from ' || coalesce(host(inet_client_addr()), 'the server itself')"
                            + " WHERE " + KEY + " AND generation = " + mine + " RETURNING id",
                    key);
            if (journal.isEmpty()) {
                throw inUse(key, "another process that has just taken it over");
            }
            return new PostgresJournal(registry, connection, key, journal.getAsLong(), mine);
        } catch (SQLException e) {
            Registry.close(connection, e);
            throw registry.unreachable(e);
        } catch (RuntimeException e) {
            Registry.close(connection, e);
            throw e;
        }
    }

    private void create(Connection connection) throws SQLException {
        registry.create(connection, "journal", TABLES);
        registry.createServer(connection);
        upgrade(connection);
    }

    /**
     * A person's word that the server of this store was failed over, or restored from a copy, and that its journals are to be used
     * as they now are, although the last entries may be missing from them. Until then {@link #open} and {@link #takeOver} refuse with
     * {@code journal.registry-failed-over}. Raises the epochs of all its journals by a million, above all that were forgotten, and ends
     * whoever holds one. Does nothing where there was no such failover. Reading needs no such word.
     *
     * @param who the person, not a system account
     * @param reason why, for whoever looks into the table {@code server} later
     */
    public void confirmFailover(String who, String reason) {
        registry.confirmFailover(
                who,
                reason,
                this::create,
                "(SELECT max(epoch) FROM SCHEMA.journal), (SELECT max(epoch) FROM SCHEMA.run)",
                "UPDATE SCHEMA.journal SET generation = generation + 1, epoch = moved.floor FROM moved");
    }

    /** Tables that were made before a word could be meant for one run only. */
    private void upgrade(Connection connection) throws SQLException {
        registry.addColumn(connection, "instruction", "meant_for", "text NOT NULL DEFAULT ''");
    }

    private void row(Connection connection, JournalKey key) throws SQLException {
        try (PreparedStatement statement = prepared(
                connection,
                "INSERT INTO SCHEMA.journal (plan, site_a, site_b, epoch) SELECT ?, ?, ?, s.floor FROM SCHEMA.server AS s"
                        + " ON CONFLICT DO NOTHING",
                key)) {
            statement.executeUpdate();
        }
    }

    private static JournalInUseException inUse(JournalKey key, String owner) {
        return new JournalInUseException(
                "journal.in-use",
                Problem.expected("no other run of " + key)
                        .found("one in " + owner)
                        .remedy(
                                "wait for it, or watch it there; if that process hangs, end it and resume here; if it cannot be"
                                        + " reached, and only then, take the run over"),
                null);
    }

    private String owner(Connection connection, JournalKey key) throws SQLException {
        try (PreparedStatement statement = prepared(connection, "SELECT owner FROM SCHEMA.journal WHERE " + KEY, key);
                ResultSet row = statement.executeQuery()) {
            return row.next() && !row.getString(1).isEmpty() ? row.getString(1) : "a process that did not say which";
        }
    }

    @Override
    public List<List<JournalEntry>> runs(JournalKey key, int atMost) {
        if (atMost < 1) {
            throw new IllegalArgumentException("at least 1 run is asked for, not " + atMost);
        }
        return registry.read(
                connection -> registry.exists(connection, "journal") ? runs(connection, key, atMost) : List.of());
    }

    private List<List<JournalEntry>> runs(Connection connection, JournalKey key, int atMost) throws SQLException {
        List<List<JournalEntry>> runs = new ArrayList<>();
        try (PreparedStatement statement = prepared(
                        connection,
                        "SELECT latest.number, e.number, e.line FROM (SELECT r.journal, r.number FROM"
                                + " SCHEMA.run AS r JOIN SCHEMA.journal AS j ON j.id = r.journal WHERE " + KEY
                                + " ORDER BY r.number DESC LIMIT " + atMost
                                + ") AS latest LEFT JOIN SCHEMA.entry AS e ON e.journal = latest.journal AND e.run = latest.number"
                                + " ORDER BY latest.number DESC, e.number",
                        key);
                ResultSet row = statement.executeQuery()) {
            long run = -1;
            RunRows rows = new RunRows(key);
            while (row.next()) {
                if (row.getLong(1) != run) {
                    run = row.getLong(1);
                    rows = new RunRows(key);
                    runs.add(rows.entries());
                }
                rows.add(run, row.getLong(2), row.getString(3));
            }
        }
        return runs.stream().map(List::copyOf).toList();
    }

    @Override
    public List<JournalKey> keys() {
        return registry.read(connection -> {
            List<JournalKey> keys = new ArrayList<>();
            if (registry.exists(connection, "journal")) {
                try (PreparedStatement statement =
                                connection.prepareStatement(sql("SELECT plan, site_a, site_b FROM SCHEMA.journal AS j"
                                        + " WHERE EXISTS (SELECT FROM SCHEMA.run WHERE journal = j.id)"));
                        ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        keys.add(new JournalKey(row.getString(1), row.getString(2), row.getString(3)));
                    }
                }
            }
            return keys;
        });
    }

    @Override
    public void post(JournalKey key, Instruction instruction) {
        boolean posted = registry.write(connection -> {
            while (registry.exists(connection, "journal")
                    && number(connection, "SELECT r.number" + LATEST_RUN, key).isPresent()) {
                upgrade(connection);
                if (isPosted(connection, key, instruction.id()) || insert(connection, key, instruction)) {
                    return true;
                }
                // Another one got that number: the next one is free.
            }
            return false;
        });
        if (!posted) {
            throw new NotFoundException(
                    "journal.no-run",
                    Problem.expected("a run of " + key + " to leave an instruction for")
                            .found("none in " + registry.node())
                            .remedy("begin one first; what is to hold for it from its beginning, hand to its plan"));
        }
    }

    private static final String LATEST_RUN = " FROM SCHEMA.run AS r JOIN SCHEMA.journal AS j ON j.id = r.journal WHERE "
            + KEY + " ORDER BY r.number DESC LIMIT 1";

    private boolean isPosted(Connection connection, JournalKey key, String id) throws SQLException {
        return read(connection, key).instructions().stream()
                .anyMatch(posted -> posted.id().equals(id));
    }

    private boolean insert(Connection connection, JournalKey key, Instruction instruction) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                sql("INSERT INTO SCHEMA.instruction (id, kind, subject, who, role, reason, at, meant_for, journal, run,"
                        + " number) SELECT ?, ?, ?, ?, ?, ?, ?, ?, r.journal, r.number, 1 + coalesce((SELECT max(i.number)"
                        + " FROM SCHEMA.instruction AS i WHERE i.journal = r.journal AND i.run = r.number), 0)"
                        + LATEST_RUN + " ON CONFLICT DO NOTHING"))) {
            statement.setString(1, instruction.id());
            statement.setString(2, instruction.kind().name());
            statement.setString(3, instruction.subject());
            statement.setString(4, instruction.who());
            statement.setString(5, instruction.role());
            statement.setString(6, instruction.reason());
            statement.setString(7, instruction.at().toString());
            statement.setString(8, instruction.run());
            name(statement, 9, key);
            return statement.executeUpdate() == 1;
        }
    }

    @Override
    public List<Instruction> instructions(JournalKey key) {
        return words(key).intact();
    }

    @Override
    public Words words(JournalKey key) {
        return registry.read(connection ->
                registry.exists(connection, "journal") ? read(connection, key) : new Words(List.of(), List.of()));
    }

    private Words read(Connection connection, JournalKey key) throws SQLException {
        List<Instruction> instructions = new ArrayList<>();
        List<Words.Unreadable> unreadable = new ArrayList<>();
        // whoever only looks changes no table
        String meantFor = registry.has(connection, "instruction", "meant_for") ? "i.meant_for" : "''";
        try (PreparedStatement statement = prepared(
                        connection,
                        "SELECT i.id, i.kind, i.subject, i.who, i.role, i.reason, i.at, " + meantFor
                                + ", i.run, i.number FROM"
                                + " SCHEMA.instruction AS i JOIN (SELECT r.journal, r.number" + LATEST_RUN
                                + ") AS latest ON latest.journal = i.journal AND latest.number = i.run ORDER BY i.number",
                        key);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                try {
                    instructions.add(instruction(row));
                } catch (IllegalArgumentException | DateTimeParseException e) {
                    unreadable.add(new Words.Unreadable(
                            "row " + row.getLong(10) + " for run " + row.getLong(9) + " of " + key,
                            "one of kind " + row.getString(2) + ": " + e.getMessage()));
                }
            }
        }
        return new Words(instructions, unreadable);
    }

    private static Instruction instruction(ResultSet row) throws SQLException {
        return new Instruction(
                row.getString(1),
                Instruction.Kind.valueOf(row.getString(2)),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                Instant.parse(row.getString(7)),
                row.getString(8));
    }

    private OptionalLong number(Connection connection, String sql, JournalKey key) throws SQLException {
        try (PreparedStatement statement = prepared(connection, sql, key);
                ResultSet row = statement.executeQuery()) {
            return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
        }
    }

    /** The three marks of the key are the statement's only parameters. */
    private PreparedStatement prepared(Connection connection, String sql, JournalKey key) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql(sql));
        try {
            name(statement, 1, key);
            return statement;
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
    }

    private static void name(PreparedStatement statement, int from, JournalKey key) throws SQLException {
        statement.setString(from, key.plan());
        statement.setString(from + 1, key.siteA());
        statement.setString(from + 2, key.siteB());
    }

    private String sql(String text) {
        return text.replace("SCHEMA.", schema + ".");
    }

    /** The rows of one run, read in order, each against those before it. */
    static final class RunRows {
        private final JournalKey key;
        private final List<JournalEntry> entries = new ArrayList<>();
        private EntryChain chain = EntryChain.begin();

        RunRows(JournalKey key) {
            this.key = key;
        }

        /** A run is begun by the statement that writes its first entry: without one, {@code line} is null, its entries were removed. */
        void add(long run, long number, @Nullable String line) {
            try {
                if (line == null) {
                    throw new IllegalArgumentException("nothing");
                }
                if (number != entries.size() + 1L) {
                    throw new IllegalArgumentException("a gap before an entry");
                }
                entries.add(chain.entry(line));
                chain = chain.after(line);
            } catch (IllegalArgumentException e) {
                throw new CorruptJournalException(
                        "journal.corrupt",
                        Problem.expected("an undamaged journal of " + key)
                                .found(e.getMessage() + " in entry " + number + " of run " + run)
                                .remedy(
                                        "look at both sites to see what was done; then move the rows of that run, in all tables, aside and"
                                                + " begin a new run, which observes everything anew"),
                        e);
            }
        }

        List<JournalEntry> entries() {
            return entries;
        }

        EntryChain chain() {
            return chain;
        }
    }
}
