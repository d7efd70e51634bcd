package io.drkit.core.journal;

import io.drkit.core.DrException;
import io.drkit.core.Problem;
import org.jspecify.annotations.Nullable;

/** What was written down cannot be trusted: nothing was done, and nothing is done until a person decides. */
public final class CorruptJournalException extends DrException {
    private static final long serialVersionUID = 1L;

    public CorruptJournalException(String code, Problem problem, @Nullable Throwable cause) {
        super(code, problem, cause);
    }

    @Override
    public boolean retryable() {
        return false;
    }
}
