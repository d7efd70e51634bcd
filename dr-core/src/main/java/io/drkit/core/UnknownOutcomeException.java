package io.drkit.core;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The answer was lost: the change may or may not have been made. Observe again before anything else; never read it as failure or as success. */
public class UnknownOutcomeException extends DrException {
    private static final long serialVersionUID = 1L;

    public UnknownOutcomeException(String code, Problem problem) {
        this(code, problem, null);
    }

    public UnknownOutcomeException(String code, Problem problem, @Nullable Throwable cause) {
        super(code, problem, cause);
    }

    /** As the others, with how long the other side asked to be left alone: see {@link #retryAfter}. */
    public UnknownOutcomeException(
            String code, Problem problem, @Nullable Throwable cause, Duration retryAfter) {
        super(code, problem, cause, retryAfter);
    }

    @Override
    public final boolean retryable() {
        return true;
    }
}
