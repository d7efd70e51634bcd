package io.drkit.core.plan;

import io.drkit.core.DrException;
import io.drkit.core.Problem;

/**
 * The plan as written cannot be run. The code says why: {@code plan.cycle}, {@code plan.duplicate-step},
 * {@code plan.unknown-dependency}, {@code plan.missing-undo}, {@code plan.no-steps}, {@code plan.duplicate-rule}, {@code plan.duplicate-approval}.
 */
public final class InvalidPlanException extends DrException {
    private static final long serialVersionUID = 1L;

    InvalidPlanException(String code, Problem problem) {
        super(code, problem, null);
    }

    @Override
    public boolean retryable() {
        return false;
    }
}
