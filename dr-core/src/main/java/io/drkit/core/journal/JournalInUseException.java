package io.drkit.core.journal;

import io.drkit.core.DrException;
import io.drkit.core.Problem;
import org.jspecify.annotations.Nullable;

/** Another process is running this plan: nothing was done here. */
public final class JournalInUseException extends DrException {
    private static final long serialVersionUID = 1L;

    public JournalInUseException(String code, Problem problem, @Nullable Throwable cause) {
        super(code, problem, cause);
    }

    @Override
    public boolean retryable() {
        return false;
    }
}
