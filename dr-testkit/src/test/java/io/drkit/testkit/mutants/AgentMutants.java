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
                AGENT.breaks("M2", "admit(terms); running = true;", "admit(terms); running = !running;"),
                AGENT.breaks(
                        "M3",
                        "files.put(path, content.clone());",
                        "byte[] old = files.getOrDefault(path, new byte[0]); byte[] all = old.length > content.length"
                                + " ? old : content.clone(); System.arraycopy(content, 0, all, 0, content.length);"
                                + " files.put(path, all);"),
                AGENT.breaks("M4", "throw new NoSuchFileException(path);", "throw new IOException(path);"),
                AGENT.breaks("M5", "files.remove(path);", "files.put(path, new byte[0]);"),
                AGENT.breaks(
                        "M5",
                        "files.remove(path);",
                        "if (files.remove(path) == null) { throw new NoSuchFileException(path); }"),
                AGENT.breaks("M6", "admit(terms); running = true;", "admit(terms); files.clear(); running = true;"),
                AGENT.breaks("M7", "reach(within); return running;", "return reachable && running;"),
                // a command held up on its way that is carried out all the same
                AGENT.breaks(
                        "M8",
                        "terms.expected().ifPresent(expected -> expected.require(Optional.ofNullable(files.get(expected.path()))));",
                        ""),
                AGENT.breaks("M8", "admit(terms); running = true;", "reach(terms.within()); running = true;"),
                AGENT.breaks("M8", "admit(terms); running = false;", "running = false; admit(terms);"),
                AGENT.breaks("M9", "Optional.ofNullable(files.get(expected.path()))", "Optional.empty()"),
                AGENT.breaks("M10", "if (within.compareTo(AWAY) < 0) {", "if (false) {"),
                AGENT.breaks(
                        "M10",
                        "admit(terms); files.put(path, content.clone());",
                        "files.put(path, content.clone()); admit(terms);"));
    }
}
