package io.drkit.samples.tworegion;

import io.drkit.core.Site;
import io.drkit.core.share.LocalFileTree;
import io.drkit.core.time.Clockwork;
import io.drkit.k8s.KubernetesWorkloadScaler;
import io.drkit.postgres.PostgresFences;
import io.drkit.postgres.PostgresNode;
import io.drkit.testkit.dns.FakeDnsZone;
import io.drkit.testkit.dns.FakeResolver;
import io.drkit.testkit.k8s.PodBehaviour;
import io.drkit.testkit.k8s.PodProgram;
import io.drkit.testkit.k8s.SimulatedCluster;
import io.drkit.testkit.ledger.LiveWriter;
import io.drkit.testkit.postgres.PostgresPair;
import io.drkit.testkit.postgres.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;

/**
 * Two regions on one machine: a real PostgreSQL pair, two simulated Kubernetes clusters, two directories as shares and a DNS zone,
 * with clients that write to the database and pods that write files, all the time. The west is active at first.
 */
final class TwoRegions implements AutoCloseable {
    private static final String NAMESPACE = "shop";
    private static final String SHOP_DATABASE = "shop";

    private final PostgresPair databases;
    private final Region west;
    private final Region east;
    private final FakeDnsZone dns;
    private final FileProducer producer;
    private final LiveWriter writer;

    /** What stands behind one site of the plan. */
    private record Region(ShopSite<PostgresNode> site, SimulatedCluster cluster, PostgresServer server, Path share) {}

    private TwoRegions(
            PostgresPair databases,
            Region west,
            Region east,
            FakeDnsZone dns,
            FileProducer producer,
            LiveWriter writer) {
        this.databases = databases;
        this.west = west;
        this.east = east;
        this.dns = dns;
        this.producer = producer;
        this.writer = writer;
    }

    /** Builds the regions below {@code directory} and starts everything; takes some seconds. */
    static TwoRegions start(Clockwork clockwork, Path directory)
            throws IOException, InterruptedException, SQLException {
        PostgresPair databases = PostgresPair.builder()
                .clockwork(clockwork)
                .database(SHOP_DATABASE)
                .names("west", "east")
                .directory(Files.createDirectories(directory.resolve("databases")))
                .start();
        try {
            FileProducer producer = new FileProducer(clockwork, Duration.ofMillis(40));
            Region west = region("west", databases, databases.first(), clockwork, directory, producer);
            Region east = region("east", databases, databases.second(), clockwork, directory, producer);
            FakeDnsZone dns = FakeDnsZone.on(clockwork).propagation(Duration.ofMillis(200));
            dns.record(ShopPlan.SHOP, west.site().ingress(), Duration.ofSeconds(1));
            dns.record(ShopPlan.DATABASE, west.site().databaseHost(), Duration.ofMillis(200));
            start(west, 2, 1, 1);
            start(east, 0, 0, 0);
            west.cluster().settle(Duration.ofSeconds(30));
            FakeResolver resolver = dns.resolver();
            Map<String, String> urls = Map.of(
                    west.site().databaseHost(), databases.clientUrl(west.server()),
                    east.site().databaseHost(), databases.clientUrl(east.server()));
            LiveWriter writer = LiveWriter.builder(
                            () -> urls.get(resolver.resolve(ShopPlan.DATABASE).orElseThrow()))
                    .clockwork(clockwork)
                    .clients(4)
                    .pause(Duration.ofMillis(5))
                    .start();
            return new TwoRegions(databases, west, east, dns, producer, writer);
        } catch (IOException | InterruptedException | SQLException | RuntimeException e) {
            databases.close();
            throw e;
        }
    }

    private static Region region(
            String name,
            PostgresPair databases,
            PostgresServer server,
            Clockwork clockwork,
            Path directory,
            FileProducer producer)
            throws IOException {
        Path share = Files.createDirectories(directory.resolve("share-" + name));
        SimulatedCluster cluster = SimulatedCluster.start(clockwork);
        cluster.behave(PodBehaviour.healthy(Duration.ofMillis(700), Duration.ofMillis(500)));
        cluster.program(NAMESPACE, ShopPlan.LISTENER, new PodProgram() {
            @Override
            public void started(String pod) {
                producer.start(pod, share);
            }

            @Override
            public void ended(String pod) {
                producer.stop(pod);
            }
        });
        PostgresNode database = PostgresNode.named(name)
                .address(server.host(), server.port())
                .database(SHOP_DATABASE)
                .user(PostgresServer.SUPERUSER)
                .replication(
                        databases.upstream(server).host(),
                        databases.upstream(server).port(),
                        databases.upstream(server).user())
                .agent(server)
                .build();
        ShopSite<PostgresNode> site = new ShopSite<>(
                name,
                KubernetesWorkloadScaler.of(cluster.client(), NAMESPACE),
                database,
                PostgresFences.stopping(database),
                LocalFileTree.at(share),
                "ingress." + name + ".example",
                "db." + name + ".example");
        return new Region(site, cluster, server, share);
    }

    private static void start(Region region, int runtime, int listener, int queue) {
        region.cluster().run(NAMESPACE, ShopPlan.RUNTIME, runtime);
        region.cluster().run(NAMESPACE, ShopPlan.LISTENER, listener);
        region.cluster().run(NAMESPACE, ShopPlan.QUEUE, queue);
    }

    ShopSite<PostgresNode> west() {
        return west.site();
    }

    ShopSite<PostgresNode> east() {
        return east.site();
    }

    FakeDnsZone dns() {
        return dns;
    }

    FileProducer producer() {
        return producer;
    }

    LiveWriter writer() {
        return writer;
    }

    Path share(Site site) {
        return region(site).share();
    }

    /** How an auditor reaches the site's database, with nothing in between. */
    String databaseUrl(Site site) {
        return databases.directUrl(region(site).server());
    }

    /** How many database servers take writes at this moment; more than one is a split brain. */
    int writableDatabases() {
        return databases.writable().size();
    }

    /** The link between the two databases breaks, and neither is told. */
    void cutReplication() {
        databases.blackhole();
    }

    /** A region is gone at once: its database is killed, its API answers nobody, its pods' programs end. */
    void loseRegion(Site site) throws IOException, InterruptedException {
        Region lost = region(site);
        databases.kill9(lost.server());
        lost.cluster().lose();
    }

    private Region region(Site site) {
        return site.name().equals(west.site().name()) ? west : east;
    }

    @Override
    public void close() {
        writer.close();
        west.cluster().close();
        east.cluster().close();
        databases.close();
    }
}
