package io.drkit.testkit.mutants;

import io.drkit.testkit.mutants.Planted.Suspect;
import java.util.List;

/** Broken agents of a node. */
final class AgentMutants {
    private static final Suspect AGENT =
            new Suspect("io.drkit.testkit.replica.MemoryAgent", "io.drkit.testkit.replica.MemoryAgentTest");

    private AgentMutants() {}

    static List<Planted> all() {
        return List.of(
                AGENT.breaks("M1", "running = false;", "running = how == Stop.CLEAN;"),
                AGENT.breaks(
                        "M2",
                        "running = false;",
                        "if (!running) { throw new IOException(\"down\"); } running = false;"),
                AGENT.breaks("M2", "reach(); running = true;", "reach(); running = !running;"),
                AGENT.breaks(
                        "M3",
                        "files.put(path, content.clone());",
                        "byte[] old = files.getOrDefault(path, new byte[0]); byte[] all = old.length > content.length ? old : content.clone();"
                                + " System.arraycopy(content, 0, all, 0, content.length); files.put(path, all);"),
                AGENT.breaks("M4", "throw new NoSuchFileException(path);", "throw new IOException(path);"),
                AGENT.breaks("M5", "files.remove(path);", "files.put(path, new byte[0]);"),
                AGENT.breaks(
                        "M5",
                        "files.remove(path);",
                        "if (files.remove(path) == null) { throw new NoSuchFileException(path); }"),
                AGENT.breaks("M6", "reach(); running = true;", "reach(); files.clear(); running = true;"),
                AGENT.breaks("M7", "reach(); return running;", "return reachable && running;"));
    }
}
