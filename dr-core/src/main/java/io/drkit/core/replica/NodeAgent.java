package io.drkit.core.replica;

import java.io.IOException;
import java.time.Duration;

/**
 * What a database connection cannot do: stop and start the server, and read and write the files of its data directory. A port:
 * a local process, a shell over SSH or an exec into a pod stand behind it.
 *
 * <p>Every method blocks until it knows, for no longer than it is given, heeds interruption, and throws {@link IOException} when the
 * machine cannot be reached in that time; then nothing is known. Whatever changes something is given {@link CommandTerms}: a command
 * that gets there after its time changes nothing, and neither does one whose condition does not hold, for which it throws {@link
 * io.drkit.core.ConflictException}. Condition and change are one operation: no other command of any agent of that server comes in
 * between. Implementations are thread-safe.
 */
public interface NodeAgent {
    /** How a server is stopped. */
    enum Stop {
        /** Ends the sessions, writes everything down, sends it to the replicas, and ends. */
        CLEAN,
        /** Ends at once, as after a crash. */
        AT_ONCE
    }

    /** Whether the server process runs. */
    boolean running(Duration within) throws IOException, InterruptedException;

    /**
     * Stops the server and returns when its process has ended; a stopped server is left as it is. That may take as long as an archiver
     * or another standby keeps a clean stop waiting: a caller reads files meanwhile, from another thread, and interrupts this one when
     * it has waited long enough. The server then goes on to stop, as it does when the time is over.
     */
    void stop(Stop how, CommandTerms terms) throws IOException, InterruptedException;

    /** Starts the server and returns when it accepts connections; a running one is left as it is. */
    void start(CommandTerms terms) throws IOException, InterruptedException;

    /**
     * Reads a file of the data directory.
     *
     * @param path relative to the data directory, with {@code /} between its parts
     * @throws java.nio.file.NoSuchFileException when there is none
     */
    byte[] read(String path, Duration within) throws IOException, InterruptedException;

    /** Writes a file of the data directory whole and durably: after a crash it is either the old one or the new one. */
    void write(String path, byte[] content, CommandTerms terms) throws IOException, InterruptedException;

    /** Removes a file of the data directory, durably; one that is not there is no error. */
    void remove(String path, CommandTerms terms) throws IOException, InterruptedException;
}
