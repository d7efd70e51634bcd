package io.drkit.testkit.replica;

import io.drkit.core.replica.Fence;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.time.VirtualClockwork;
import org.junit.jupiter.api.AfterEach;

/** The fence of a server in memory under the contract. */
class FakeFenceTest extends FenceContract {
    private final VirtualClockwork virtual = VirtualClockwork.seeded(5);
    private final FakeDatabase server = FakeDatabases.on(virtual).primary("west");

    @AfterEach
    void close() {
        virtual.close();
    }

    @Override
    protected Clockwork clockwork() {
        return virtual;
    }

    @Override
    protected Fence fence() {
        return server.fence();
    }

    @Override
    protected boolean writable() {
        return server.writable();
    }

    @Override
    protected void crash() {
        server.crash();
    }

    @Override
    protected void reboot() {
        server.reboot();
    }

    @Override
    protected void makeUnreachable() {
        server.reachable(false);
    }
}
