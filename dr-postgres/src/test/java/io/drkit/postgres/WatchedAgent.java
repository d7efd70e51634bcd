package io.drkit.postgres;

import io.drkit.core.replica.NodeAgent;
import java.io.IOException;

/** Passes every call on to another agent, and lets the test do something before and after. */
final class WatchedAgent implements NodeAgent {
    interface Watcher {
        void at(String moment) throws IOException, InterruptedException;
    }

    private interface Call<T> {
        T make() throws IOException, InterruptedException;
    }

    private final NodeAgent agent;
    private final Watcher watcher;

    WatchedAgent(NodeAgent agent, Watcher watcher) {
        this.agent = agent;
        this.watcher = watcher;
    }

    private <T> T watched(String what, Call<T> call) throws IOException, InterruptedException {
        watcher.at("before " + what);
        T answer = call.make();
        watcher.at("after " + what);
        return answer;
    }

    @Override
    public boolean running() throws IOException, InterruptedException {
        return watched("running", agent::running);
    }

    @Override
    public void stop(Stop how) throws IOException, InterruptedException {
        watched("stop", () -> {
            agent.stop(how);
            return true;
        });
    }

    @Override
    public void start() throws IOException, InterruptedException {
        watched("start", () -> {
            agent.start();
            return true;
        });
    }

    @Override
    public byte[] read(String path) throws IOException, InterruptedException {
        return watched("read " + path, () -> agent.read(path));
    }

    @Override
    public void write(String path, byte[] content) throws IOException, InterruptedException {
        watched("write " + path, () -> {
            agent.write(path, content);
            return true;
        });
    }

    @Override
    public void remove(String path) throws IOException, InterruptedException {
        watched("remove " + path, () -> {
            agent.remove(path);
            return true;
        });
    }
}
