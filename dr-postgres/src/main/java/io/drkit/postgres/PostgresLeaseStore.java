package io.drkit.postgres;

import io.drkit.core.ConflictException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.lease.LeaseRecord;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.lease.Node;
import io.drkit.core.readiness.Check;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Leases as rows of a PostgreSQL database, for controllers that share neither a disk nor a cluster.
 *
 * <pre>{@code
 * LeaseStore leases = new PostgresLeaseStore(registry);
 * }</pre>
 *
 * <p><b>Not in the database that is failed over</b>: nobody could lead while it is down. A write and its condition are one statement,
 * and so one transaction of the server. The highest epoch of each name stands in a table of its own and outlives the lease's row, so
 * that deleting a lease by hand does not lower the next holder's epoch. After a failover of its own server nobody gets or renews a lease until
 * a person has {@linkplain #confirmFailover confirmed} it, as rows may be missing. No time of the server is written or compared.
 *
 * <p>The tables are made when they are first needed, in a schema of their own. A connection is made for each call. Thread-safe.
 */
public final class PostgresLeaseStore implements LeaseStore {
    private static final String TABLES = """
            CREATE TABLE IF NOT EXISTS SCHEMA.lease_floor (
                name text PRIMARY KEY,
                epoch bigint NOT NULL,
                version bigint NOT NULL);
            CREATE TABLE IF NOT EXISTS SCHEMA.lease (
                name text PRIMARY KEY,
                version bigint NOT NULL,
                holder text[],
                epoch bigint NOT NULL,
                ttl text NOT NULL,
                renewals bigint NOT NULL,
                heir text,
                notes text[] NOT NULL);
            """;

    private static final String READ = """
            SELECT coalesce(l.name, f.name) AS name, l.version AS version, l.holder AS holder, l.epoch AS epoch, l.ttl AS ttl,
                   l.renewals AS renewals, l.heir AS heir, l.notes AS notes,
                   coalesce(f.version, 0) AS last_version, greatest(f.epoch, l.epoch) AS floor
            FROM SCHEMA.lease AS l FULL JOIN SCHEMA.lease_floor AS f ON f.name = l.name
            """;

    /**
     * All writers of a name pass this one row, one after the other. What a person deletes leaves no mark here; that is what the
     * second half of the statement is for.
     */
    private static final String GATE = """
            WITH gate AS (
                INSERT INTO SCHEMA.lease_floor AS f (name, epoch, version)
                SELECT ?, ?, 1 WHERE ? = 0 OR EXISTS (SELECT FROM SCHEMA.lease_floor WHERE name = ?)
                ON CONFLICT (name) DO UPDATE SET version = f.version + 1, epoch = greatest(f.epoch, excluded.epoch)
                WHERE f.version = ?
                RETURNING name, version, epoch),
            written AS (
            """;

    private static final String CREATE = """
                INSERT INTO SCHEMA.lease (version, holder, epoch, ttl, renewals, heir, notes, name)
                SELECT gate.version, ?, ?, ?, ?, ?, ?, gate.name FROM gate
                ON CONFLICT (name) DO NOTHING RETURNING name)
            SELECT gate.version, gate.epoch FROM gate JOIN written ON written.name = gate.name
            """;

    private static final String UPDATE = """
                UPDATE SCHEMA.lease AS l
                SET version = gate.version, holder = ?, epoch = ?, ttl = ?, renewals = ?, heir = ?, notes = ?
                FROM gate WHERE l.name = gate.name RETURNING l.name)
            SELECT gate.version, gate.epoch FROM gate JOIN written ON written.name = gate.name
            """;

    private static final String ABSENT = "absent after ";

    private final Registry registry;

    /** Keeps leases in the schema {@code drkit_lease} of the node's database. */
    public PostgresLeaseStore(PostgresNode node) {
        this(node, "drkit_lease");
    }

    /**
     * Keeps leases in a schema of that name.
     *
     * @param schema lower-case letters, digits and underscores, 63 at most
     */
    public PostgresLeaseStore(PostgresNode node, String schema) {
        this.registry = new Registry(
                node,
                schema,
                "lease",
                "wait until the longest ttl of its leases is over since, and let somebody confirm it by name:"
                        + " PostgresLeaseStore.confirmFailover(\"ann\", \"why\")");
    }

    /**
     * That no acknowledged write is lost when the server of this store crashes or is itself failed over: {@code fsync} is on, and a
     * server with standbys waits for one of them ({@code synchronous_standby_names}). Otherwise an epoch could be given twice. And that
     * no failover of it waits to be {@linkplain #confirmFailover confirmed}, as nobody gets or renews a lease until then.
     */
    public Check outlivesFailover() {
        return registry.outlivesFailover();
    }

    /**
     * A person's word that the server of this store was failed over, or restored from a copy, and that its leases are to be used as
     * they now are. Until then {@link #write} refuses with {@code lease.registry-failed-over}, so that nobody gets a lease, and who
     * holds one loses it when its time is over. Frees all its leases, and lifts the epochs of the next holders by a million, above
     * all that were forgotten. Does nothing where there was no such failover. Reading needs no such word.
     *
     * <p><b>Only when the longest {@code ttl} of its leases is over since the failover</b>: who held one then believes so until its time
     * is over, and the confirmation lets another have it at once. See first that the server that it was is not in use: whoever
     * reaches it goes on renewing there.
     *
     * @param who the person, not a system account
     * @param reason why, for whoever looks into the table {@code server} later
     */
    public void confirmFailover(String who, String reason) {
        registry.confirmFailover(
                who,
                reason,
                this::create,
                "(SELECT max(epoch) FROM SCHEMA.lease_floor), (SELECT max(epoch) FROM SCHEMA.lease)",
                ", freed AS (UPDATE SCHEMA.lease_floor AS f SET epoch = moved.floor, version = f.version + 1 FROM moved"
                        + " RETURNING f.name, f.version)"
                        + " UPDATE SCHEMA.lease AS l SET version = freed.version, holder = NULL, heir = NULL"
                        + " FROM freed WHERE l.name = freed.name");
    }

    private void create(Connection connection) throws SQLException {
        registry.create(connection, "lease", TABLES);
        registry.createServer(connection);
    }

    /** That every next epoch lies above, also of names whose rows were forgotten. */
    private Epoch floor(Connection connection) throws SQLException {
        if (!registry.exists(connection, "server")) {
            return Epoch.NONE;
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql("SELECT coalesce(max(floor), 0) FROM SCHEMA.server"))) {
            row.next();
            return new Epoch(row.getLong(1));
        }
    }

    @Override
    public Seen read(String name) {
        return registry.read(connection -> {
            if (!registry.exists(connection, "lease")) {
                return nothing(0, Epoch.NONE);
            }
            Epoch floor = floor(connection);
            try (PreparedStatement statement =
                    connection.prepareStatement(sql(READ + "WHERE coalesce(l.name, f.name) = ?"))) {
                statement.setString(1, name);
                try (ResultSet row = statement.executeQuery()) {
                    return row.next() ? seen(row, floor) : nothing(0, floor);
                }
            }
        });
    }

    @Override
    public Map<String, Seen> list(String prefix) {
        return registry.read(connection -> {
            Map<String, Seen> leases = new TreeMap<>();
            if (registry.exists(connection, "lease")) {
                Epoch floor = floor(connection);
                try (PreparedStatement statement =
                        connection.prepareStatement(sql(READ + "WHERE starts_with(l.name, ?)"))) {
                    statement.setString(1, prefix);
                    try (ResultSet row = statement.executeQuery()) {
                        while (row.next()) {
                            leases.put(row.getString("name"), seen(row, floor));
                        }
                    }
                }
            }
            return Collections.unmodifiableMap(leases);
        });
    }

    @Override
    public Seen write(String name, Seen expected, LeaseRecord record) {
        boolean absent = expected.version().startsWith(ABSENT);
        long version = Long.parseLong(absent ? expected.version().substring(ABSENT.length()) : expected.version());
        return registry.write(connection -> {
            create(connection);
            registry.requireSameServer(connection);
            try (PreparedStatement statement = connection.prepareStatement(sql(GATE + (absent ? CREATE : UPDATE)))) {
                statement.setString(1, name);
                statement.setLong(2, record.epoch().value());
                statement.setLong(3, version);
                statement.setString(4, name);
                statement.setLong(5, version);
                statement.setArray(6, holder(connection, record));
                statement.setLong(7, record.epoch().value());
                statement.setString(8, record.ttl().toString());
                statement.setLong(9, record.renewals());
                statement.setString(10, record.heir().orElse(null));
                statement.setArray(11, notes(connection, record));
                try (ResultSet row = statement.executeQuery()) {
                    if (row.next()) {
                        return new Seen(Optional.of(record), Long.toString(row.getLong(1)), new Epoch(row.getLong(2)));
                    }
                }
            }
            throw new ConflictException(
                    "lease.changed",
                    Problem.expected("the lease " + name + " as it was seen, write " + expected.version())
                            .found("that it was written or deleted since")
                            .remedy("look at it again"));
        });
    }

    private static java.sql.@Nullable Array holder(Connection connection, LeaseRecord record) throws SQLException {
        if (record.holder().isEmpty()) {
            return null;
        }
        Node holder = record.holder().get();
        return connection.createArrayOf("text", new String[] {holder.id(), holder.alias(), holder.address()});
    }

    private static java.sql.Array notes(Connection connection, LeaseRecord record) throws SQLException {
        List<String> notes = new ArrayList<>();
        record.notes().forEach((key, value) -> {
            notes.add(key);
            notes.add(value);
        });
        return connection.createArrayOf("text", notes.toArray());
    }

    private static Seen nothing(long lastVersion, Epoch floor) {
        return new Seen(Optional.empty(), ABSENT + lastVersion, floor);
    }

    private static Seen seen(ResultSet row, Epoch lowest) throws SQLException {
        Epoch floor = new Epoch(Math.max(row.getLong("floor"), lowest.value()));
        long version = row.getLong("version");
        if (row.wasNull()) {
            return nothing(row.getLong("last_version"), floor);
        }
        java.sql.Array holder = row.getArray("holder");
        String[] notes = (String[]) row.getArray("notes").getArray();
        Map<String, String> published = new TreeMap<>();
        for (int i = 0; i + 1 < notes.length; i += 2) {
            published.put(notes[i], notes[i + 1]);
        }
        return new Seen(
                Optional.of(new LeaseRecord(
                        holder == null ? Optional.empty() : Optional.of(node((String[]) holder.getArray())),
                        new Epoch(row.getLong("epoch")),
                        Duration.parse(row.getString("ttl")),
                        row.getLong("renewals"),
                        Optional.ofNullable(row.getString("heir")),
                        published)),
                Long.toString(version),
                floor);
    }

    private static Node node(String[] parts) {
        return new Node(parts[0], parts[1], parts[2]);
    }

    private String sql(String text) {
        return registry.sql(text);
    }
}
