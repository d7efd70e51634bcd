package io.drkit.testkit.replica;

import io.drkit.core.replica.CommandTerms;
import io.drkit.core.replica.NodeAgent;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** An agent of a machine that is only thought of, a millisecond away. */
final class MemoryAgent implements NodeAgent {
    private static final Duration AWAY = Duration.ofMillis(1);

    private final Map<String, byte[]> files = new HashMap<>();
    private boolean running = true;
    private boolean reachable = true;

    void unreachable() {
        reachable = false;
    }

    private void reach(Duration within) throws IOException {
        if (!reachable) {
            throw new IOException("no answer");
        }
        if (within.compareTo(AWAY) < 0) {
            throw new IOException("no answer in time");
        }
    }

    private void admit(CommandTerms terms) throws IOException {
        reach(terms.within());
        terms.expected().ifPresent(expected -> expected.require(Optional.ofNullable(files.get(expected.path()))));
    }

    @Override
    public boolean running(Duration within) throws IOException {
        reach(within);
        return running;
    }

    @Override
    public void stop(Stop how, CommandTerms terms) throws IOException {
        admit(terms);
        running = false;
    }

    @Override
    public void start(CommandTerms terms) throws IOException {
        admit(terms);
        running = true;
    }

    @Override
    public byte[] read(String path, Duration within) throws IOException {
        reach(within);
        byte[] content = files.get(path);
        if (content == null) {
            throw new NoSuchFileException(path);
        }
        return content.clone();
    }

    @Override
    public void write(String path, byte[] content, CommandTerms terms) throws IOException {
        admit(terms);
        files.put(path, content.clone());
    }

    @Override
    public void remove(String path, CommandTerms terms) throws IOException {
        admit(terms);
        files.remove(path);
    }
}
