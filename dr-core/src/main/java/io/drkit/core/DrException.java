package io.drkit.core;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The root of everything DRKit throws on purpose. Subclasses differ by what the caller can do; {@link #code()} tells a machine
 * what happened, and the message tells a person what was expected, what was found and what to do.
 */
public abstract class DrException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String code;
    private final transient Problem problem;

    /**
     * @param code dotted lower-case words, stable across releases, for example {@code journal.corrupt}
     * @param problem what to tell the person
     * @param cause what led to it, or null
     */
    protected DrException(String code, Problem problem, @Nullable Throwable cause) {
        super(problem.sentence() + " [" + code + "]", cause);
        this.code = Objects.requireNonNull(code, "code");
        this.problem = problem;
    }

    /** A stable machine-readable code. */
    public final String code() {
        return code;
    }

    /** What was expected, found, and what to do. */
    public final Problem problem() {
        return problem;
    }

    /** Whether the same call can succeed later with nobody doing anything in between. */
    public abstract boolean retryable();
}
