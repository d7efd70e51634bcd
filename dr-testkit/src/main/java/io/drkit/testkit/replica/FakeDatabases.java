package io.drkit.testkit.replica;

import io.drkit.core.time.Clockwork;
import io.drkit.testkit.fault.Faults;
import io.drkit.testkit.fault.Route;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * Database servers in memory and the replication between them. Writes reach a replica after the replication delay; stopping,
 * starting and promoting take their time on the clockwork.
 *
 * <pre>{@code
 * FakeDatabases databases = FakeDatabases.on(clockwork);
 * FakeDatabase west = databases.primary("west");
 * FakeDatabase east = databases.replicaOf(west, "east");
 * ReplicaPromoter<FakeDatabase> promoter = databases.promoter();
 * }</pre>
 *
 * <p>What goes wrong with the promoter's calls is scheduled in {@link #faults()}, whose operations are {@code stop NAME},
 * {@code start NAME} and {@code promote NAME}. Thread-safe.
 */
public final class FakeDatabases {
    final Clockwork clockwork;
    final Faults faults = new Faults();
    private final Map<String, FakeDatabase> servers = new LinkedHashMap<>();

    // guarded by this, as is everything within the servers
    Duration delay = Duration.ofMillis(20);
    Duration stopping = Duration.ofMillis(300);
    Duration starting = Duration.ofMillis(300);
    Duration promoting = Duration.ofMillis(150);
    boolean cut;
    boolean sampled = true;
    private long systems;

    private FakeDatabases(Clockwork clockwork) {
        this.clockwork = clockwork;
    }

    /** No servers as yet, on this clockwork. */
    public static FakeDatabases on(Clockwork clockwork) {
        return new FakeDatabases(Objects.requireNonNull(clockwork, "clockwork"));
    }

    /** Adds a running primary of a database system of its own. */
    public synchronized FakeDatabase primary(String name) {
        return add(new FakeDatabase(this, name, ++systems, null));
    }

    /** Adds a running replica that has all that its primary has. */
    public synchronized FakeDatabase replicaOf(FakeDatabase primary, String name) {
        return add(new FakeDatabase(this, name, primary.system, primary));
    }

    private FakeDatabase add(FakeDatabase server) {
        if (servers.putIfAbsent(server.name(), server) != null) {
            throw new IllegalArgumentException("There is a server " + server.name() + " already");
        }
        return server;
    }

    /** A promoter of these servers; each call is as if by another process. */
    public FakeReplicaPromoter promoter() {
        return promoter(server -> Route.direct());
    }

    /** A promoter as one process has it, which reaches each server over its own way there. */
    public FakeReplicaPromoter promoter(Function<FakeDatabase, Route> routes) {
        return new FakeReplicaPromoter(this, routes);
    }

    /** What goes wrong, and when. */
    public Faults faults() {
        return faults;
    }

    /** How long a write takes to the replica; 20 ms at first. What is under way is delayed as well. */
    public synchronized FakeDatabases replicationDelay(Duration delay) {
        receiveAll();
        this.delay = delay;
        return this;
    }

    /** How long a server takes to stop cleanly, to start, and to be promoted; 300, 300 and 150 ms at first. */
    public synchronized FakeDatabases takes(Duration stopping, Duration starting, Duration promoting) {
        this.stopping = stopping;
        this.starting = starting;
        this.promoting = promoting;
        return this;
    }

    /** Cuts or mends all replication. What has not arrived when it is cut waits for it to be mended. */
    public synchronized FakeDatabases cutReplication(boolean cut) {
        receiveAll();
        this.cut = cut;
        return this;
    }

    /** Whether somebody has been noting how far the primary is, so that a loss has a bound; true at first. */
    public synchronized FakeDatabases sampled(boolean sampled) {
        this.sampled = sampled;
        return this;
    }

    /** What has arrived by now, before something changes that it depends on. */
    void receiveAll() {
        servers.values().forEach(FakeDatabase::receive);
    }
}
