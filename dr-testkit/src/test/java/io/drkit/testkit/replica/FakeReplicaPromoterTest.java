package io.drkit.testkit.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.BlockedException;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.replica.Fence;
import io.drkit.core.replica.ReplicaPromoter;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FakeReplicaPromoterTest extends ReplicaPromoterContract<FakeDatabase> {
    private final VirtualClockwork virtual = VirtualClockwork.seeded(7);
    private final FakeDatabases databases = FakeDatabases.on(virtual);
    private final FakeDatabase west = databases.primary("west");
    private final FakeDatabase east = databases.replicaOf(west, "east");
    private final ReplicaPromoter<FakeDatabase> promoter =
            databases.sampled(false).promoter();

    @AfterEach
    void close() {
        virtual.close();
    }

    @Override
    protected Clockwork clockwork() {
        return virtual;
    }

    @Override
    protected ReplicaPromoter<FakeDatabase> promoter() {
        return promoter;
    }

    @Override
    protected ReplicaPromoter<FakeDatabase> anotherProcess() {
        return databases.promoter();
    }

    @Override
    protected FakeDatabase primary() {
        return west;
    }

    @Override
    protected FakeDatabase replica() {
        return east;
    }

    @Override
    protected FakeDatabase stranger() {
        return databases.primary("stranger");
    }

    @Override
    protected FakeDatabase unreachable(FakeDatabase server) {
        west.reachable(server != west);
        east.reachable(server != east);
        return server;
    }

    @Override
    protected void write(FakeDatabase server, String row) {
        server.write(row);
    }

    @Override
    protected boolean holds(FakeDatabase server, String row) {
        return server.rows().contains(row);
    }

    @Override
    protected boolean writable(FakeDatabase server) {
        return server.writable();
    }

    @Override
    protected void crash(FakeDatabase server) {
        server.crash();
    }

    @Override
    protected void reboot(FakeDatabase server) {
        server.reboot();
    }

    @Override
    protected void cutReplication(boolean cut) {
        databases.cutReplication(cut);
    }

    @Override
    protected void awaitCaughtUp() throws InterruptedException {
        virtual.sleep(Duration.ofSeconds(1));
    }

    @Override
    protected Fence fence(FakeDatabase server) {
        return server.fence();
    }

    @Override
    protected void watchLoss() {
        databases.sampled(true);
    }

    @Override
    protected void run(Body body) throws Exception {
        virtual.run(body::run);
    }

    @Test
    @DisplayName("A promotion whose answer is lost is found to have come about")
    void switchover_promotionsAnswerLost_isDone() throws Exception {
        databases.faults().next("promote", Fault.answerLost());
        west.write("one");
        virtual.run(() -> ActionExecutor.on(virtual).execute(promoter.switchover(west, east)));
        assertThat(east.writable()).isTrue();
        assertThat(east.rows()).containsExactlyElementsOf(west.acknowledged());
    }

    @Test
    @DisplayName("A server that cannot be stopped stays the primary")
    void switchover_stopRefused_primaryAsBefore() throws Exception {
        databases.faults().next("stop", Fault.requestLost());
        assertThatThrownBy(() -> virtual.run(() -> ActionExecutor.on(virtual).execute(promoter.switchover(west, east))))
                .isInstanceOf(BlockedException.class);
        assertThat(west.writable()).isTrue();
        assertThat(east.writable()).isFalse();
    }

    @Test
    @DisplayName("The lag grows while replication is slow, and is told in bytes and time")
    void status_slowReplication_lagGrows() throws Exception {
        virtual.run(() -> {
            west.write("old");
            awaitCaughtUp();
            databases.replicationDelay(Duration.ofMinutes(1));
            west.write("new");
            virtual.sleep(Duration.ofSeconds(10));
            assertThat(promoter.status(west, east).lag().line()).isEqualTo("100 B / 11000 ms");
            virtual.sleep(Duration.ofMinutes(1));
            assertThat(promoter.status(west, east).lag().line()).isEqualTo("0 B / 0 ms");
        });
    }

    @Test
    @DisplayName("A switchover that cannot drain puts the old primary back")
    void switchover_cutWhileDraining_primaryAsBefore() throws Exception {
        databases.replicationDelay(Duration.ofHours(1));
        west.write("slow");
        assertThatThrownBy(() -> virtual.run(() -> ActionExecutor.on(virtual).execute(promoter.switchover(west, east))))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("fake.not-drained");
        assertThat(west.writable()).isTrue();
        assertThat(ActionExecutor.on(virtual).preview(promoter.switchover(west, east)))
                .isInstanceOf(Assessment.Needed.class);
    }
}
