package io.drkit.core;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Somebody else changed the same thing at the same time: observe again and decide anew. */
public class ConflictException extends DrException {
    private static final long serialVersionUID = 1L;

    public ConflictException(String code, Problem problem) {
        this(code, problem, null);
    }

    public ConflictException(String code, Problem problem, @Nullable Throwable cause) {
        super(code, problem, cause);
    }

    /** As the others, with how long the other side asked to be left alone: see {@link #retryAfter}. */
    public ConflictException(
            String code, Problem problem, @Nullable Throwable cause, Duration retryAfter) {
        super(code, problem, cause, retryAfter);
    }

    @Override
    public final boolean retryable() {
        return true;
    }
}
