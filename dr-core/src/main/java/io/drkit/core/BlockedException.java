package io.drkit.core;

import org.jspecify.annotations.Nullable;

/** The state of the world forbids it: nothing was changed, and somebody must do something first. */
public class BlockedException extends DrException {
    private static final long serialVersionUID = 1L;

    public BlockedException(String code, Problem problem) {
        this(code, problem, null);
    }

    public BlockedException(String code, Problem problem, @Nullable Throwable cause) {
        super(code, problem, cause);
    }

    @Override
    public final boolean retryable() {
        return false;
    }
}
