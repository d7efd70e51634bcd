package io.drkit.core;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The root of everything DRKit throws on purpose. Subclasses differ by what the caller can do; {@link #code()} tells a machine
 * what happened, and the message tells a person what was expected, what was found and what to do.
 */
public abstract class DrException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String code;
    private final transient Problem problem;
    private final @Nullable Duration retryAfter;

    /**
     * @param code dotted lower-case words, stable across releases, for example {@code journal.corrupt}
     * @param problem what to tell the person
     * @param cause what led to it, or null
     */
    protected DrException(String code, Problem problem, @Nullable Throwable cause) {
        this(code, problem, cause, null);
    }

    /**
     * @param code dotted lower-case words, stable across releases
     * @param problem what to tell the person
     * @param cause what led to it, or null
     * @param retryAfter how long the other side asked to be left alone, zero or more; or null when it did not say
     */
    protected DrException(
            String code, Problem problem, @Nullable Throwable cause, @Nullable Duration retryAfter) {
        super(problem.sentence() + " [" + code + "]", cause);
        this.code = Objects.requireNonNull(code, "code");
        this.problem = problem;
        if (retryAfter != null && retryAfter.isNegative()) {
            throw new IllegalArgumentException("a retry comes after zero or more, not " + retryAfter);
        }
        this.retryAfter = retryAfter;
    }

    /** A stable machine-readable code. */
    public final String code() {
        return code;
    }

    /** What was expected, found, and what to do. */
    public final Problem problem() {
        return problem;
    }

    /**
     * How long the other side asked to be left alone, as with HTTP's {@code Retry-After} (RFC 9110, 10.2.3) when it throttles; empty
     * when it did not say. Whoever drives an action waits at least that long before it asks again, within the action's time.
     */
    public final Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /** Whether the same call can succeed later with nobody doing anything in between. */
    public abstract boolean retryable();
}
