package io.drkit.testkit.replica;

import io.drkit.core.replica.NodeAgent;

class MemoryAgentTest extends NodeAgentContract {
    private final MemoryAgent agent = new MemoryAgent();

    @Override
    protected NodeAgent agent() {
        return agent;
    }

    @Override
    protected boolean makeUnreachable() {
        agent.unreachable();
        return true;
    }
}
