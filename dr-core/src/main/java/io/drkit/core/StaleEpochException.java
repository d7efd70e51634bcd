package io.drkit.core;

import org.jspecify.annotations.Nullable;

/** A newer run has taken over: this one must stop and change nothing more. */
public class StaleEpochException extends DrException {
    private static final long serialVersionUID = 1L;

    public StaleEpochException(String code, Problem problem) {
        this(code, problem, null);
    }

    public StaleEpochException(String code, Problem problem, @Nullable Throwable cause) {
        super(code, problem, cause);
    }

    @Override
    public final boolean retryable() {
        return false;
    }
}
