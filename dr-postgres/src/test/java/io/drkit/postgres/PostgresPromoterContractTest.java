package io.drkit.postgres;

import io.drkit.core.replica.Fence;
import io.drkit.core.replica.ReplicaPromoter;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.postgres.PostgresServer;
import io.drkit.testkit.replica.ReplicaPromoterContract;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The contract on real servers. */
class PostgresPromoterContractTest extends ReplicaPromoterContract<PostgresNode> {
    private static final Duration SOON = Duration.ofSeconds(20);

    private static Duo duo;

    private final PostgresReplicaPromoter promoter = PostgresReplicaPromoter.withDefaults();
    private final Map<String, PostgresServer> servers = new ConcurrentHashMap<>();
    private PostgresNode primary;
    private PostgresNode replica;
    private Optional<FlushSampler> sampler = Optional.empty();
    private Optional<PostgresServer> other = Optional.empty();

    @TempDir
    private Path directory;

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
        PostgresServer from = duo.pair.writable().get(0);
        PostgresServer to = duo.pair.other(from);
        primary = duo.node(from, from).build();
        replica = duo.node(to, to).build();
        servers.put(from.name(), from);
        servers.put(to.name(), to);
    }

    @AfterEach
    void repair() throws Exception {
        sampler.ifPresent(FlushSampler::close);
        other.ifPresent(PostgresServer::close);
        duo.repair();
    }

    private PostgresServer server(PostgresNode node) {
        return servers.get(node.name());
    }

    @Override
    protected Clockwork clockwork() {
        return Duo.CLOCK;
    }

    @Override
    protected ReplicaPromoter<PostgresNode> promoter() {
        return promoter;
    }

    @Override
    protected ReplicaPromoter<PostgresNode> anotherProcess() {
        return PostgresReplicaPromoter.withDefaults();
    }

    @Override
    protected PostgresNode primary() {
        return primary;
    }

    @Override
    protected PostgresNode replica() {
        return replica;
    }

    @Override
    protected PostgresNode stranger() throws Exception {
        PostgresServer stranger = PostgresServer.builder("stranger")
                .directory(directory)
                .durable(false)
                .build();
        other = Optional.of(stranger);
        stranger.initialise();
        stranger.start();
        servers.put("stranger", stranger);
        return PostgresNode.named("stranger")
                .address(stranger.host(), stranger.port())
                .user(PostgresServer.SUPERUSER)
                .build();
    }

    @Override
    protected PostgresNode unreachable(PostgresNode server) {
        return PostgresNode.named(server.name())
                .address("127.0.0.1", 2)
                .user(PostgresServer.SUPERUSER)
                .build();
    }

    @Override
    protected void write(PostgresNode server, String row) throws Exception {
        duo.write(server(server), row);
    }

    @Override
    protected boolean holds(PostgresNode server, String row) throws Exception {
        return duo.holds(server(server), row);
    }

    @Override
    protected boolean writable(PostgresNode server) throws Exception {
        PostgresServer asked = server(server);
        return asked.running()
                && "f".equals(server.name().equals("stranger") ? "f" : duo.ask(asked, "SELECT pg_is_in_recovery()"));
    }

    @Override
    protected void crash(PostgresNode server) throws Exception {
        server(server).kill9();
    }

    @Override
    protected void reboot(PostgresNode server) throws Exception {
        server(server).start();
    }

    @Override
    protected void cutReplication(boolean cut) throws Exception {
        if (cut) {
            duo.pair.partition();
        } else {
            duo.pair.heal();
        }
        Duo.until(() -> promoter.status(primary, replica).replica().receiving() != cut);
    }

    @Override
    protected void awaitCaughtUp() throws Exception {
        duo.pair.awaitCaughtUp(server(primary), SOON);
    }

    @Override
    protected Fence fence(PostgresNode server) {
        return PostgresFences.stopping(server);
    }

    @Override
    protected void watchLoss() throws Exception {
        FlushSampler started = promoter.sampling(primary, Duration.ofMillis(20));
        sampler = Optional.of(started);
        Duo.until(() -> !started.toString().contains(" 0 samples"));
    }
}
