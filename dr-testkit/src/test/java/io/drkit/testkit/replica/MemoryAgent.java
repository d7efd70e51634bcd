package io.drkit.testkit.replica;

import io.drkit.core.replica.NodeAgent;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.HashMap;
import java.util.Map;

/** An agent of a machine that is only thought of. */
final class MemoryAgent implements NodeAgent {
    private final Map<String, byte[]> files = new HashMap<>();
    private boolean running = true;
    private boolean reachable = true;

    void unreachable() {
        reachable = false;
    }

    private void reach() throws IOException {
        if (!reachable) {
            throw new IOException("no answer");
        }
    }

    @Override
    public boolean running() throws IOException {
        reach();
        return running;
    }

    @Override
    public void stop(Stop how) throws IOException {
        reach();
        running = false;
    }

    @Override
    public void start() throws IOException {
        reach();
        running = true;
    }

    @Override
    public byte[] read(String path) throws IOException {
        reach();
        byte[] content = files.get(path);
        if (content == null) {
            throw new NoSuchFileException(path);
        }
        return content.clone();
    }

    @Override
    public void write(String path, byte[] content) throws IOException {
        reach();
        files.put(path, content.clone());
    }

    @Override
    public void remove(String path) throws IOException {
        reach();
        files.remove(path);
    }
}
