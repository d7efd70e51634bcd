package io.drkit.core;

import org.jspecify.annotations.Nullable;

/** The credentials do not allow it. */
public class DeniedException extends DrException {
    private static final long serialVersionUID = 1L;

    public DeniedException(String code, Problem problem) {
        this(code, problem, null);
    }

    public DeniedException(String code, Problem problem, @Nullable Throwable cause) {
        super(code, problem, cause);
    }

    @Override
    public final boolean retryable() {
        return false;
    }
}
