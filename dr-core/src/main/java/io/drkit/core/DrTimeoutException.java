package io.drkit.core;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A deadline passed while something was still under way. */
public class DrTimeoutException extends DrException {
    private static final long serialVersionUID = 1L;

    public DrTimeoutException(String code, Problem problem) {
        this(code, problem, null);
    }

    public DrTimeoutException(String code, Problem problem, @Nullable Throwable cause) {
        super(code, problem, cause);
    }

    /** As the others, with how long the other side asked to be left alone: see {@link #retryAfter}. */
    public DrTimeoutException(
            String code, Problem problem, @Nullable Throwable cause, Duration retryAfter) {
        super(code, problem, cause, retryAfter);
    }

    @Override
    public final boolean retryable() {
        return true;
    }
}
