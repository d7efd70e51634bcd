package io.drkit.testkit.ledger;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.core.time.Task;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clients that write rows to a database without a break and remember what was acknowledged to them, so that afterwards it can be
 * told what was lost.
 *
 * <p>Each client writes one row after the other, each in a transaction of its own, on a connection that it opens to what the
 * supplier of the address answers at that moment and keeps until it breaks. A row counts as acknowledged only when the commit
 * returned and said so without a warning; with any error it is <em>unknown</em>: it may be there or not, and both are right. An
 * unknown row is never sent again: each attempt is a row of its own, so that a row found twice was doubled by somebody else.
 *
 * <p>Every attempt is kept in memory, about 100 bytes each. It needs real time and the PostgreSQL driver. Thread-safe.
 *
 * <pre>{@code
 * try (LiveWriter writer = LiveWriter.builder(() -> addressNow()).clients(8).start()) {
 *     writer.awaitAcknowledged(100, Duration.ofSeconds(10));
 *     LiveWriter.Mark before = writer.mark();
 *     promoter.switchover(west, east);
 *     writer.awaitAcknowledgedSince(before, 100, Duration.ofSeconds(10));
 *     writer.stop();
 *     assertThat(writer.audit(addressNow()).lost()).isEmpty();
 *     assertThat(writer.longestGapSince(before)).isLessThan(Duration.ofSeconds(1));
 * }
 * }</pre>
 */
public final class LiveWriter implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LiveWriter.class);
    private static final Duration FIRST_BACK_OFF = Duration.ofMillis(5);
    private static final Duration LONGEST_BACK_OFF = Duration.ofMillis(100);
    private static final int AUDIT_SECONDS = 60;
    private static final Duration TICK = Duration.ofMillis(2);

    private final Clockwork clockwork;
    private final Supplier<String> url;
    private final String table;
    private final Duration pause;
    private final int answerSeconds;
    private final int clients;
    private final String run;
    private final long began;
    private final List<Task> tasks = new ArrayList<>();
    private final Object lock = new Object();
    private final AtomicLong nextId = new AtomicLong();
    /** By id, guarded by the lock. */
    private final List<Attempt> attempts = new ArrayList<>();
    /** The moments of all acknowledgements in the order in which they came, guarded by the lock. */
    private final List<Long> acknowledgements = new ArrayList<>();

    private volatile boolean stopping;
    /** When the last client ended, guarded by the lock; what comes after is no gap. */
    private @Nullable Long stoppedAt;

    private LiveWriter(Builder builder) {
        this.clockwork = builder.clockwork;
        this.url = builder.url;
        this.table = builder.table;
        this.pause = builder.pause;
        this.answerSeconds = builder.answerSeconds;
        this.clients = builder.clients;
        this.run = clockwork.newId();
        this.began = clockwork.nanoTime();
    }

    /**
     * A writer to be described.
     *
     * @param url the JDBC address to write to now; asked whenever a client connects, from any client's thread, several at once; what
     *     it throws counts as a failed connection
     */
    public static Builder builder(Supplier<String> url) {
        return new Builder(url);
    }

    /** A moment in the life of a writer. */
    public static final class Mark {
        private final long at;

        private Mark(long at) {
            this.at = at;
        }

        /** That much earlier. */
        public Mark minus(Duration time) {
            return new Mark(at - time.toNanos());
        }
    }

    /** Now. */
    public Mark mark() {
        return new Mark(clockwork.nanoTime());
    }

    /** What marks this writer's rows in the column {@code run}. */
    public String run() {
        return run;
    }

    /** How many rows have been acknowledged so far. */
    public int acknowledged() {
        synchronized (lock) {
            return acknowledgements.size();
        }
    }

    /** How many rows were acknowledged after the one mark, up to the other. */
    public int acknowledgedBetween(Mark after, Mark upTo) {
        synchronized (lock) {
            return Math.max(0, firstAfter(upTo.at) - firstAfter(after.at));
        }
    }

    /** Waits until so many rows have been acknowledged in all; answers whether they were within {@code time}. */
    public boolean awaitAcknowledged(int rows, Duration time) throws InterruptedException {
        return await(began, rows, time);
    }

    /** Waits until so many rows have been acknowledged after the mark; answers whether they were within {@code time}. */
    public boolean awaitAcknowledgedSince(Mark mark, int rows, Duration time) throws InterruptedException {
        return await(mark.at, rows, time);
    }

    private boolean await(long since, int rows, Duration time) throws InterruptedException {
        Deadline deadline = clockwork.deadline(time);
        while (true) {
            synchronized (lock) {
                if (acknowledgements.size() - firstAfter(since) >= rows) {
                    return true;
                }
            }
            if (deadline.passed()) {
                return false;
            }
            clockwork.sleep(TICK);
        }
    }

    /**
     * The longest time without an acknowledgement to any client, from the last one before the mark on. The time since the newest one
     * counts too, up to now or to when the clients stopped: a database that never took writes again has no small gap.
     */
    public Duration longestGapSince(Mark mark) {
        synchronized (lock) {
            int first = firstAfter(mark.at);
            long previous = first > 0 ? acknowledgements.get(first - 1) : mark.at;
            long longest = 0;
            for (long at : acknowledgements.subList(first, acknowledgements.size())) {
                longest = Math.max(longest, at - previous);
                previous = at;
            }
            long end = stoppedAt == null ? clockwork.nanoTime() : stoppedAt;
            return Duration.ofNanos(Math.max(longest, end - previous));
        }
    }

    /** The index of the first acknowledgement after that moment. */
    private int firstAfter(long moment) {
        int low = 0;
        int high = acknowledgements.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (acknowledgements.get(middle) - moment > 0) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /**
     * Lets the clients finish the row at hand and end. Returns when they have, and it may be called again.
     *
     * @throws IllegalStateException when one has not ended after the time for an answer and 10 seconds more
     */
    public void stop() throws InterruptedException {
        stopping = true;
        Deadline deadline = clockwork.deadline(Duration.ofSeconds(10L + 3L * answerSeconds));
        for (Task task : tasks) {
            if (!task.join(deadline.remaining())) {
                throw new IllegalStateException("The client " + task.name() + " did not end");
            }
        }
        synchronized (lock) {
            if (stoppedAt == null) {
                stoppedAt = clockwork.nanoTime();
            }
        }
    }

    /** Tells the clients to end, without waiting for them. */
    @Override
    public void close() {
        stopping = true;
    }

    /**
     * Compares what was acknowledged with what is in the database. Rows acknowledged after the call began are left out, so that it
     * may be made while the clients write.
     *
     * @param url the address of the server to look into
     * @throws SQLException when that server could not be asked; then nothing is known
     */
    public Audit audit(String url) throws SQLException {
        List<Attempt> known;
        synchronized (lock) {
            known = new ArrayList<>(attempts.size());
            attempts.forEach(attempt -> known.add(attempt.copy()));
        }
        Map<Long, List<Long>> found = new HashMap<>();
        // an audit reads everything and may take longer than a write
        try (Connection connection = connect(url, AUDIT_SECONDS);
                PreparedStatement query =
                        connection.prepareStatement("SELECT id, payload FROM " + table + " WHERE run = ?")) {
            query.setString(1, run);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    found.computeIfAbsent(rows.getLong(1), id -> new ArrayList<>())
                            .add(rows.getLong(2));
                }
            }
        }
        return judge(known, found);
    }

    private Audit judge(List<Attempt> known, Map<Long, List<Long>> found) {
        int acknowledged = 0;
        int present = 0;
        int unknownPresent = 0;
        int unknownAbsent = 0;
        List<Audit.Row> lost = new ArrayList<>();
        List<Audit.Row> altered = new ArrayList<>();
        List<Long> duplicated = new ArrayList<>();
        for (Attempt attempt : known) {
            List<Long> payloads = found.getOrDefault(attempt.id, List.of());
            if (payloads.size() > 1) {
                duplicated.add(attempt.id);
            }
            if (attempt.acknowledgedAt == null) {
                if (payloads.isEmpty()) {
                    unknownAbsent++;
                } else {
                    unknownPresent++;
                }
                continue;
            }
            acknowledged++;
            Audit.Row row = new Audit.Row(attempt.id, Duration.ofNanos(attempt.acknowledgedAt - began));
            if (payloads.isEmpty()) {
                lost.add(row);
            } else if (payloads.stream().anyMatch(payload -> payload != attempt.payload)) {
                altered.add(row);
            } else {
                present++;
            }
        }
        return new Audit(acknowledged, present, lost, altered, duplicated, unknownPresent, unknownAbsent);
    }

    private void begin() throws SQLException {
        try (Connection connection = connect(url.get(), answerSeconds);
                Statement statement = connection.createStatement()) {
            // no key: a doubled row must be able to show itself
            statement.execute("CREATE TABLE IF NOT EXISTS " + table
                    + " (run text NOT NULL, id bigint NOT NULL, client int NOT NULL, payload bigint NOT NULL)");
        }
        for (int client = 0; client < clients; client++) {
            int number = client;
            tasks.add(clockwork.start("live-writer-" + number, () -> work(number)));
        }
    }

    private void work(int client) {
        try {
            Duration backOff = FIRST_BACK_OFF;
            while (!stopping) {
                int written = 0;
                try (Connection connection = connect(url.get(), answerSeconds);
                        PreparedStatement insert = connection.prepareStatement(
                                "INSERT INTO " + table + " (run, id, client, payload) VALUES (?, ?, ?, ?)")) {
                    connection.setAutoCommit(true);
                    while (!stopping) {
                        write(client, insert);
                        written++;
                        backOff = FIRST_BACK_OFF;
                        clockwork.sleep(pause);
                    }
                } catch (SQLException | RuntimeException e) {
                    log.debug("Client {} lost its connection after {} rows", client, written, e);
                    clockwork.sleep(backOff);
                    backOff = backOff.multipliedBy(2);
                    backOff = backOff.compareTo(LONGEST_BACK_OFF) > 0 ? LONGEST_BACK_OFF : backOff;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(int client, PreparedStatement insert) throws SQLException {
        Attempt attempt;
        synchronized (lock) {
            attempt = new Attempt(nextId.getAndIncrement(), clockwork.random().nextLong());
            attempts.add(attempt);
        }
        insert.setString(1, run);
        insert.setLong(2, attempt.id);
        insert.setInt(3, client);
        insert.setLong(4, attempt.payload);
        int rows = insert.executeUpdate();
        if (rows != 1 || insert.getWarnings() != null) {
            // a commit that gave up waiting for its synchronous standby returns, with a warning that it is only local
            insert.clearWarnings();
            return;
        }
        synchronized (lock) {
            long now = clockwork.nanoTime();
            attempt.acknowledgedAt = now;
            acknowledgements.add(now);
        }
    }

    private Connection connect(String url, int answerSeconds) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("connectTimeout", Integer.toString(answerSeconds));
        properties.setProperty("socketTimeout", Integer.toString(answerSeconds));
        properties.setProperty("cancelSignalTimeout", Integer.toString(answerSeconds));
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("ApplicationName", "drkit-live-writer");
        return DriverManager.getConnection(url, properties);
    }

    /** One row that was sent; the acknowledgement is guarded by the lock. */
    private static final class Attempt {
        private final long id;
        private final long payload;
        private @Nullable Long acknowledgedAt;

        Attempt(long id, long payload) {
            this.id = id;
            this.payload = payload;
        }

        Attempt copy() {
            Attempt copy = new Attempt(id, payload);
            copy.acknowledgedAt = acknowledgedAt;
            return copy;
        }
    }

    /** A writer to be described; see {@link LiveWriter#builder}. */
    public static final class Builder {
        private final Supplier<String> url;
        private Clockwork clockwork = Clockwork.system();
        private int clients = 4;
        private Duration pause = Duration.ofMillis(5);
        private int answerSeconds = 2;
        private String table = "drkit_ledger";

        private Builder(Supplier<String> url) {
            this.url = Objects.requireNonNull(url, "url");
        }

        /** Time, randomness and threads; the machine's own by default. It must run on real time. */
        public Builder clockwork(Clockwork clockwork) {
            this.clockwork = Objects.requireNonNull(clockwork, "clockwork");
            return this;
        }

        /** How many clients write at once, 1 to 200; 4 by default. */
        public Builder clients(int clients) {
            if (clients < 1 || clients > 200) {
                throw new IllegalArgumentException("Not a number of clients: " + clients);
            }
            this.clients = clients;
            return this;
        }

        /** How long each client rests between two rows; zero for none, 5 milliseconds by default. */
        public Builder pause(Duration pause) {
            if (pause.isNegative()) {
                throw new IllegalArgumentException("Not a pause: " + pause);
            }
            this.pause = pause;
            return this;
        }

        /**
         * How long a client waits for a connection or an answer before it gives the connection up: whole seconds, at least one, 2 by
         * default. The address may set its own {@code connectTimeout} and {@code socketTimeout}.
         */
        public Builder answerWithin(Duration time) {
            if (time.toSeconds() < 1 || time.toSeconds() > 3_600 || time.toNanosPart() != 0) {
                throw new IllegalArgumentException("Not one to 3,600 whole seconds: " + time);
            }
            this.answerSeconds = (int) time.toSeconds();
            return this;
        }

        /** The table to write to, created when it is not there; {@code drkit_ledger} by default. Runs do not disturb each other in it. */
        public Builder table(String table) {
            if (!table.matches("[a-z][a-z0-9_]{0,62}")) {
                throw new IllegalArgumentException("Not a name of a table: " + table);
            }
            this.table = table;
            return this;
        }

        /**
         * Creates the table and starts the clients.
         *
         * @throws SQLException when the table could not be created; then no client was started
         */
        public LiveWriter start() throws SQLException {
            LiveWriter writer = new LiveWriter(this);
            writer.begin();
            return writer;
        }
    }
}
