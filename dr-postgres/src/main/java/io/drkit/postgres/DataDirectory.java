package io.drkit.postgres;

import io.drkit.core.replica.CommandTerms;
import io.drkit.core.replica.NodeAgent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.Optional;

/** A server's process and files, through its agent. */
final class DataDirectory {
    static final String STANDBY_SIGNAL = "standby.signal";
    private static final String LOCK_FILE = "postmaster.pid";
    private static final int STATUS_LINE = 8;

    private final NodeAgent agent;
    private final Duration answer;

    /** Of a node that has an agent. */
    DataDirectory(PostgresNode node) {
        this.agent = node.agent().orElseThrow();
        this.answer = node.socketTimeout();
    }

    /** Only while the switchover is in the hands that this note says, and as far as it says. */
    static CommandTerms heldBy(SwitchoverNote note, Duration within) {
        return CommandTerms.within(within).onlyWhile(SwitchoverNote.PATH, note.content());
    }

    /** Only while the note is as it was seen, or still missing. */
    static CommandTerms asSeen(Optional<SwitchoverNote> note, Duration within) {
        return note.map(seen -> heldBy(seen, within))
                .orElseGet(() -> CommandTerms.within(within).onlyWhileMissing(SwitchoverNote.PATH));
    }

    /** No condition, and no longer than one answer may take. */
    CommandTerms soon() {
        return CommandTerms.within(answer);
    }

    /** What was found there. */
    sealed interface View {
        /** The node has no agent. */
        record None() implements View {}

        /** Its agent could not say: nothing is known. */
        record Unreadable(String why) implements View {}

        record Seen(boolean running, ControlFile control, boolean tombstoned, Optional<SwitchoverNote> note)
                implements View {}
    }

    static View look(PostgresNode node) throws InterruptedException {
        if (node.agent().isEmpty()) {
            return new View.None();
        }
        DataDirectory directory = new DataDirectory(node);
        try {
            return new View.Seen(directory.running(), directory.control(), directory.tombstoned(), directory.note());
        } catch (IOException | RuntimeException e) {
            return new View.Unreadable(e.toString());
        }
    }

    boolean running() throws IOException, InterruptedException {
        return agent.running(answer);
    }

    /**
     * Whether its process has begun to shut down, from which no server turns back to taking writes. Its lock file says so in its
     * eighth line, and is gone a moment before the process is; a server that starts makes it before it looks for its
     * {@code standby.signal}. Source: {@code src/include/utils/pidfile.h}.
     */
    boolean stopping() throws IOException, InterruptedException {
        Optional<byte[]> lock = find(LOCK_FILE);
        if (lock.isEmpty()) {
            return true;
        }
        String[] lines = new String(lock.get(), StandardCharsets.ISO_8859_1).split("\n", -1);
        return lines.length >= STATUS_LINE && lines[STATUS_LINE - 1].strip().equals("stopping");
    }

    /** Whether it takes no more writes: its process has ended, or has written its last record and only lingers. */
    boolean ended(ControlFile control) throws IOException, InterruptedException {
        return !running() || (control.cleanlyShutDown() && stopping());
    }

    void stop(NodeAgent.Stop how, CommandTerms terms) throws IOException, InterruptedException {
        agent.stop(how, terms);
    }

    void start(CommandTerms terms) throws IOException, InterruptedException {
        agent.start(terms);
    }

    ControlFile control() throws IOException, InterruptedException {
        return ControlFile.parse(agent.read(ControlFile.PATH, answer));
    }

    /** Whether the server can only come up as a standby: the file is heeded at every start, so it outlives a reboot. */
    boolean tombstoned() throws IOException, InterruptedException {
        return find(STANDBY_SIGNAL).isPresent();
    }

    void writeTombstone(CommandTerms terms) throws IOException, InterruptedException {
        agent.write(STANDBY_SIGNAL, new byte[0], terms);
    }

    void removeTombstone(CommandTerms terms) throws IOException, InterruptedException {
        agent.remove(STANDBY_SIGNAL, terms);
    }

    Optional<SwitchoverNote> note() throws IOException, InterruptedException {
        try {
            return find(SwitchoverNote.PATH).map(SwitchoverNote::parse);
        } catch (IllegalArgumentException | NullPointerException e) {
            throw new IOException("The file " + SwitchoverNote.PATH + " is no readable note: " + e.getMessage(), e);
        }
    }

    void write(SwitchoverNote note, CommandTerms terms) throws IOException, InterruptedException {
        agent.write(SwitchoverNote.PATH, note.content(), terms);
    }

    void removeNote(CommandTerms terms) throws IOException, InterruptedException {
        agent.remove(SwitchoverNote.PATH, terms);
    }

    Optional<SwitchoverNote.Settings> settings() throws IOException, InterruptedException {
        return find(AutoConf.PATH).map(SwitchoverNote.Settings::new);
    }

    void follow(String conninfo, String slot, CommandTerms terms) throws IOException, InterruptedException {
        byte[] now = find(AutoConf.PATH).orElse(new byte[0]);
        byte[] edited = AutoConf.following(now, conninfo, slot);
        if (!java.util.Arrays.equals(now, edited)) {
            agent.write(AutoConf.PATH, edited, terms);
        }
    }

    void restore(Optional<SwitchoverNote.Settings> settings, CommandTerms terms)
            throws IOException, InterruptedException {
        if (settings.isPresent()) {
            agent.write(AutoConf.PATH, settings.get().content(), terms);
        } else {
            agent.remove(AutoConf.PATH, terms);
        }
    }

    private Optional<byte[]> find(String path) throws IOException, InterruptedException {
        try {
            return Optional.of(agent.read(path, answer));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }
}
