package io.drkit.testkit.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.BlockedException;
import io.drkit.core.ConflictException;
import io.drkit.core.Epoch;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.lease.Lease;
import io.drkit.core.lease.LeaseRecord;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.lease.LeaseStore.Seen;
import io.drkit.core.lease.Leases;
import io.drkit.core.lease.Node;
import io.drkit.core.lease.zookeeper.ZooKeeperLeaseStore;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** ZooKeeper's leases on a real server in this process, under the contract and beyond it. */
@Timeout(120)
class ZooKeeperLeaseStoreTest extends LeaseStoreContract {
    private static TestingServer server;
    private static CuratorFramework client;
    private static int tests;

    private String path = "";

    @BeforeAll
    static void start() throws Exception {
        server = new TestingServer();
        client = client();
    }

    @AfterAll
    static void stop() throws IOException {
        client.close();
        server.close();
    }

    private static CuratorFramework client() {
        CuratorFramework client =
                CuratorFrameworkFactory.newClient(server.getConnectString(), 5000, 5000, new RetryOneTime(50));
        client.start();
        return client;
    }

    @BeforeEach
    void ownPath() {
        tests++;
        path = "/test-" + tests + "/leases";
    }

    @Override
    protected LeaseStore store() {
        return new ZooKeeperLeaseStore(client, path);
    }

    @Override
    protected void delete(String name) throws Exception {
        for (String record : client.getChildren().forPath(path + "/" + name)) {
            client.delete().forPath(path + "/" + name + "/" + record);
        }
    }

    private static LeaseRecord held(Epoch epoch) {
        return new LeaseRecord(
                Optional.of(Node.named("west")), epoch, Duration.ofSeconds(15), 0, Optional.empty(), Map.of());
    }

    @Test
    @DisplayName(
            "The epoch grows when everything that ever stood there was deleted, and no old view writes into what is"
                    + " new")
    void floor_wholeTreeDeleted_isStillHigher() throws Exception {
        Seen none = store().read("shop");
        Seen taken = store().write("shop", none, held(none.floor().next()));
        client.delete().deletingChildrenIfNeeded().forPath(path);
        Seen anew = store().read("shop");
        assertThat(anew.record()).isEmpty();
        assertThat(anew.floor())
                .isGreaterThanOrEqualTo(taken.record().orElseThrow().epoch());
        assertThatThrownBy(() -> store().write("shop", none, held(none.floor().next())))
                .isInstanceOf(ConflictException.class);
        assertThat(store().read("shop").record()).isEmpty();
        Seen again =
                store().write("shop", store().read("shop"), held(anew.floor().next()));
        assertThatThrownBy(() -> store().write("shop", taken, held(anew.floor().next())))
                .isInstanceOf(ConflictException.class);
        assertThat(store().read("shop")).isEqualTo(again);
    }

    @Test
    @DisplayName("No parent is a container or ephemeral: neither ZooKeeper nor a lost session removes a lease")
    void nodes_all_arePersistent() throws Exception {
        Seen none = store().read("shop");
        store().write("shop", none, held(none.floor().next()));
        String record =
                path + "/shop/" + client.getChildren().forPath(path + "/shop").get(0);
        for (String node : new String[] {path.substring(0, path.lastIndexOf('/')), path, path + "/shop", record}) {
            // containers and nodes with a ttl have an owner too, of a special value
            assertThat(client.checkExists().forPath(node).getEphemeralOwner())
                    .as(node)
                    .isZero();
        }
        try (CuratorFramework other = client()) {
            assertThat(new ZooKeeperLeaseStore(other, path).read("shop").record())
                    .isPresent();
        }
    }

    @Test
    void read_garbage_isAClearErrorAndNotAFreeLease() throws Exception {
        Seen none = store().read("shop");
        store().write("shop", none, held(none.floor().next()));
        String record =
                path + "/shop/" + client.getChildren().forPath(path + "/shop").get(0);
        client.setData().forPath(record, "surprise".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertThatThrownBy(() -> store().read("shop"))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("lease.corrupt")
                .hasMessageContaining(path + "/shop");
    }

    @Test
    @DisplayName("E1: a lease in ZooKeeper goes from its first holder to its second, under a higher epoch")
    void leases_twoNodes_oneAfterTheOther() throws Exception {
        Leases west = Leases.in(store())
                .as(Node.named("west"))
                .ttl(Duration.ofSeconds(1))
                .build();
        Leases east = Leases.in(store())
                .as(Node.named("east"))
                .ttl(Duration.ofSeconds(1))
                .build();
        Epoch first;
        try (Lease lease = west.acquire("shop", Duration.ofMinutes(1))) {
            first = lease.epoch();
            assertThat(east.tryAcquire("shop")).isEmpty();
            lease.requireHeld();
        }
        try (Lease lease = east.acquire("shop", Duration.ofMinutes(1))) {
            assertThat(lease.epoch()).isGreaterThan(first);
        }
    }

    @Test
    void read_serverDown_isUnknown() throws Exception {
        try (TestingServer down = new TestingServer();
                CuratorFramework unreachable =
                        CuratorFrameworkFactory.newClient(down.getConnectString(), 500, 500, new RetryOneTime(50))) {
            down.stop();
            unreachable.start();
            assertThatThrownBy(() -> new ZooKeeperLeaseStore(unreachable, path).read("shop"))
                    .isInstanceOf(UnknownOutcomeException.class)
                    .hasMessageContaining("lease.zookeeper-unknown");
        }
    }

    @Test
    void constructor_pathWithoutSense_isRefused() {
        for (String bad : new String[] {"", "/", "leases", "/leases/"}) {
            assertThatThrownBy(() -> new ZooKeeperLeaseStore(client, bad)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Tag("harness")
    @Execution(ExecutionMode.CONCURRENT)
    @Nested
    class Leaders extends LeadershipContract {
        @Override
        protected LeaseStore store() {
            return ZooKeeperLeaseStoreTest.this.store();
        }

        @Override
        protected void delete(String name) throws Exception {
            ZooKeeperLeaseStoreTest.this.delete(name);
        }
    }
}
