package io.drkit.testkit.replica;

import io.drkit.core.replica.NodeAgent;

class MemoryAgentTest extends RemoteNodeAgentContract {
    private final MemoryAgent agent = new MemoryAgent();

    @Override
    protected NodeAgent agent() {
        return agent;
    }

    @Override
    protected void makeUnreachable() {
        agent.unreachable();
    }
}
