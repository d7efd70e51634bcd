package io.drkit.postgres;

import io.drkit.core.BlockedException;
import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.journal.EntryChain;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.postgres.PostgresJournalStore.RunRows;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A journal, open over the session that holds its lock. Every change is one statement, and so one transaction that ends at the
 * server: a process that is stopped in the middle of it holds no row that the one which takes over would have to wait for.
 */
final class PostgresJournal implements Journal {
    private static final String HELD = "WITH held AS (SELECT id, epoch FROM SCHEMA.journal"
            + " WHERE id = ? AND generation = ? AND epoch = ? FOR SHARE) ";

    private final Registry registry;
    private final Connection connection;
    private final JournalKey key;
    private final long journal;
    private final long generation;
    private long epoch;
    private long run;
    private String owner = "";
    private List<JournalEntry> entries = new ArrayList<>();
    private EntryChain chain = EntryChain.begin();
    private @Nullable SQLException broken;
    private boolean closed;

    PostgresJournal(Registry registry, Connection connection, JournalKey key, long journal, long generation)
            throws SQLException {
        this.registry = registry;
        this.connection = connection;
        this.key = key;
        this.journal = journal;
        this.generation = generation;
        load();
    }

    private void load() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                sql(
                        "SELECT epoch, (SELECT max(number) FROM SCHEMA.run WHERE journal = id), owner FROM SCHEMA.journal WHERE id = ?"))) {
            statement.setLong(1, journal);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                epoch = row.getLong(1);
                run = row.getLong(2);
                owner = row.getString(3);
            }
        }
        try (PreparedStatement statement = connection.prepareStatement(
                sql("SELECT number, line FROM SCHEMA.entry WHERE journal = ? AND run = ? ORDER BY number"))) {
            statement.setLong(1, journal);
            statement.setLong(2, run);
            RunRows rows = new RunRows(key);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    rows.add(run, row.getLong(1), row.getString(2));
                }
            }
            if (run > 0 && rows.entries().isEmpty()) {
                rows.add(run, 1, null);
            }
            entries = rows.entries();
            chain = rows.chain();
        }
    }

    @Override
    public synchronized List<JournalEntry> latestRun() {
        return List.copyOf(entries);
    }

    @Override
    public synchronized Epoch raiseEpoch(Epoch above) {
        requireUsable();
        try (PreparedStatement statement =
                connection.prepareStatement(sql("UPDATE SCHEMA.journal AS j SET epoch = greatest(epoch, ?,"
                        + " (SELECT max(epoch) FROM SCHEMA.run WHERE journal = j.id)) + 1"
                        + " WHERE id = ? AND generation = ? RETURNING epoch"))) {
            statement.setLong(1, above.value());
            statement.setLong(2, journal);
            statement.setLong(3, generation);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    throw takenOver("that it was taken over");
                }
                epoch = row.getLong(1);
                return new Epoch(epoch);
            }
        } catch (SQLException e) {
            throw lost(e);
        }
    }

    @Override
    public synchronized void begin(JournalEntry first) {
        requireUsable();
        String line = EntryChain.begin().line(first);
        try (PreparedStatement statement = connection.prepareStatement(sql(HELD
                + ", begun AS (INSERT INTO SCHEMA.run (journal, number, epoch) SELECT id, ?, epoch FROM held RETURNING journal)"
                + " INSERT INTO SCHEMA.entry (journal, run, number, line) SELECT journal, ?, 1, ? FROM begun"))) {
            held(statement);
            statement.setLong(4, run + 1);
            statement.setLong(5, run + 1);
            statement.setString(6, line);
            requireOne(statement);
        } catch (SQLException e) {
            if (Registry.UNIQUE_VIOLATION.equals(e.getSQLState())) {
                throw new IllegalStateException("A run has begun under this epoch already: raise it first", e);
            }
            throw lost(e);
        }
        run++;
        entries = new ArrayList<>(List.of(first));
        chain = EntryChain.begin().after(line);
    }

    @Override
    public synchronized void append(JournalEntry entry) {
        requireUsable();
        if (entries.isEmpty()) {
            throw unusable("that no run has begun in it", "begin one, or resume the one in it", null);
        }
        String line = chain.line(entry);
        try (PreparedStatement statement = connection.prepareStatement(
                sql(HELD + "INSERT INTO SCHEMA.entry (journal, run, number, line) SELECT id, ?, ?, ? FROM held"))) {
            held(statement);
            statement.setLong(4, run);
            statement.setLong(5, entries.size() + 1L);
            statement.setString(6, line);
            requireOne(statement);
        } catch (SQLException e) {
            throw lost(e);
        }
        entries.add(entry);
        chain = chain.after(line);
    }

    private void held(PreparedStatement statement) throws SQLException {
        statement.setLong(1, journal);
        statement.setLong(2, generation);
        statement.setLong(3, epoch);
    }

    /** The row of the owner is locked by the statement that compares it: a take-over comes before it, or waits for its end. */
    private void requireOne(PreparedStatement statement) throws SQLException {
        if (statement.executeUpdate() != 1) {
            throw takenOver("that it was taken over, or its epoch " + epoch + " raised, by another");
        }
    }

    @Override
    public synchronized void requireHeld(Epoch wanted) {
        if (closed) {
            throw takenOver("that it was closed here");
        }
        requireUsable();
        try (PreparedStatement statement =
                connection.prepareStatement(sql("SELECT generation, epoch, owner FROM SCHEMA.journal WHERE id = ?"))) {
            statement.setLong(1, journal);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    throw takenOver("that its row was removed");
                }
                if (row.getLong(1) != generation) {
                    throw takenOver("that it was taken over by " + row.getString(3));
                }
                if (row.getLong(2) != wanted.value()) {
                    throw takenOver("epoch " + row.getLong(2) + " and not " + wanted);
                }
            }
        } catch (SQLException e) {
            throw lost(e);
        }
    }

    @Override
    public synchronized String owner() {
        return owner;
    }

    @Override
    public synchronized void close() {
        boolean alreadyClosed = closed;
        closed = true;
        try (connection;
                Statement statement = connection.createStatement()) {
            // The end of a session alone is noticed a moment later.
            statement.execute("SELECT pg_advisory_unlock_all()");
        } catch (SQLException e) {
            if (broken == null && !alreadyClosed) {
                throw registry.unreachable(e);
            }
        }
    }

    private void requireUsable() {
        if (closed) {
            throw unusable("that it was closed", "open it again", null);
        }
        if (broken != null) {
            throw unusable(
                    "that its session broke, and its lock with it: " + broken.getMessage(),
                    "resume: whether the last entry stands there is seen then",
                    broken);
        }
    }

    /** Whatever went wrong, the session is not used again: another process may have the journal by now. */
    private DrException lost(SQLException e) {
        broken = e;
        Registry.close(connection, e);
        return registry.unreachable(e);
    }

    private StaleEpochException takenOver(String found) {
        return new StaleEpochException(
                "journal.taken-over",
                Problem.expected("to hold the journal of " + key + " in " + registry.node())
                        .found(found)
                        .remedy("leave the recovery to whoever took it over"));
    }

    private BlockedException unusable(String found, String remedy, @Nullable SQLException cause) {
        return new BlockedException(
                "journal.unreachable",
                Problem.expected("to write the journal of " + key + " in " + registry.node())
                        .found(found)
                        .remedy(remedy),
                cause);
    }

    private String sql(String text) {
        return text.replace("SCHEMA.", registry.schema() + ".");
    }
}
