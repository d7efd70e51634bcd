package io.drkit.postgres;

import io.drkit.core.replica.CommandTerms;
import io.drkit.core.replica.NodeAgent;
import java.io.IOException;
import java.time.Duration;

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
    public boolean running(Duration within) throws IOException, InterruptedException {
        return watched("running", () -> agent.running(within));
    }

    @Override
    public void stop(Stop how, CommandTerms terms) throws IOException, InterruptedException {
        watched("stop", () -> {
            agent.stop(how, terms);
            return true;
        });
    }

    @Override
    public void start(CommandTerms terms) throws IOException, InterruptedException {
        watched("start", () -> {
            agent.start(terms);
            return true;
        });
    }

    @Override
    public byte[] read(String path, Duration within) throws IOException, InterruptedException {
        return watched("read " + path, () -> agent.read(path, within));
    }

    @Override
    public void write(String path, byte[] content, CommandTerms terms) throws IOException, InterruptedException {
        watched("write " + path, () -> {
            agent.write(path, content, terms);
            return true;
        });
    }

    @Override
    public void remove(String path, CommandTerms terms) throws IOException, InterruptedException {
        watched("remove " + path, () -> {
            agent.remove(path, terms);
            return true;
        });
    }
}
