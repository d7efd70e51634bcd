package io.drkit.core;

import org.jspecify.annotations.Nullable;

/** What was named does not exist. */
public class NotFoundException extends DrException {
    private static final long serialVersionUID = 1L;

    public NotFoundException(String code, Problem problem) {
        this(code, problem, null);
    }

    public NotFoundException(String code, Problem problem, @Nullable Throwable cause) {
        super(code, problem, cause);
    }

    @Override
    public final boolean retryable() {
        return false;
    }
}
