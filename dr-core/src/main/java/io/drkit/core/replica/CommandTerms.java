package io.drkit.core.replica;

import io.drkit.core.ConflictException;
import io.drkit.core.Problem;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * On which terms a {@link NodeAgent} carries out a command: within a time, and, where it is said, only while a file of the data
 * directory is as its caller knows it. A command that was held up on its way then does nothing when somebody else has gone on.
 *
 * <pre>{@code
 * agent.start(CommandTerms.within(Duration.ofMinutes(1)).onlyWhile("drkit.switchover", note));
 * }</pre>
 *
 * <p>Immutable and thread-safe.
 */
public final class CommandTerms {
    private final Duration within;
    private final Optional<Expected> expected;

    private CommandTerms(Duration within, Optional<Expected> expected) {
        this.within = within;
        this.expected = expected;
    }

    /**
     * No condition but this time, counted from the call.
     *
     * @param time more than zero
     */
    public static CommandTerms within(Duration time) {
        if (time.isZero() || time.isNegative()) {
            throw new IllegalArgumentException("A command is given more time than " + time);
        }
        return new CommandTerms(time, Optional.empty());
    }

    /** Only while the file holds exactly this; in place of a condition given before. */
    public CommandTerms onlyWhile(String path, byte[] content) {
        return new CommandTerms(within, Optional.of(new Expected(path, content.clone())));
    }

    /** Only while there is no such file; in place of a condition given before. */
    public CommandTerms onlyWhileMissing(String path) {
        return new CommandTerms(within, Optional.of(new Expected(path, null)));
    }

    /** The time from the call after which nothing is begun any more, and no longer waited. */
    public Duration within() {
        return within;
    }

    /** What must hold; empty for no condition. */
    public Optional<Expected> expected() {
        return expected;
    }

    /** A file as it must be. Its content is never shown. */
    public static final class Expected {
        private final String path;
        private final byte @org.jspecify.annotations.Nullable [] content;

        private Expected(String path, byte @org.jspecify.annotations.Nullable [] content) {
            this.path = Objects.requireNonNull(path, "path");
            this.content = content;
        }

        /** Relative to the data directory. */
        public String path() {
            return path;
        }

        /** What it must hold; empty when there must be no such file. */
        public Optional<byte[]> content() {
            return Optional.ofNullable(content).map(byte[]::clone);
        }

        /**
         * For agents that compare themselves: called with what the file holds, empty when there is none, with nothing else let
         * in before the change.
         *
         * @throws ConflictException when that is something else
         */
        public void require(Optional<byte[]> found) {
            if (!Arrays.equals(found.orElse(null), content)) {
                throw new ConflictException(
                        "replica.condition",
                        Problem.expected("the file " + path + " to be "
                                        + (content == null ? "missing" : "as it was read"))
                                .found(
                                        found.isPresent()
                                                ? "that it is not; nothing was changed"
                                                : "none; nothing was changed")
                                .remedy("look again: somebody else has gone on"));
            }
        }
    }
}
