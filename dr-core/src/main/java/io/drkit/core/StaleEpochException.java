package io.drkit.core;

import org.jspecify.annotations.Nullable;

/**
 * A newer run has taken over: this one must stop and change nothing more. Where no newer run is at work, since the higher epoch
 * comes from a plan that had another name or from a journal that was lost, the run goes on from above that epoch, by name:
 * {@code PlanRunner.above}.
 */
public class StaleEpochException extends DrException {
    private static final long serialVersionUID = 1L;

    public StaleEpochException(String code, Problem problem) {
        this(code, problem, null);
    }

    public StaleEpochException(String code, Problem problem, @Nullable Throwable cause) {
        super(code, problem, cause);
    }

    /**
     * What a resource throws that remembers a higher epoch than the caller's.
     *
     * @param resource what it is, for example {@code deployment/runtime}
     * @param held the epoch that it remembers
     * @param mine the caller's
     */
    public static StaleEpochException at(String code, String resource, Epoch held, Epoch mine) {
        return new StaleEpochException(
                code,
                Problem.expected("that no run newer than epoch " + mine + " has changed " + resource)
                        .found("epoch " + held + " on it")
                        .remedy("stop: the run with epoch " + held + " is in charge. " + remedy(held)));
    }

    /** What to do about an epoch that is too high for a run, where the run that had it is not at work any more. */
    public static String remedy(Epoch held) {
        return "Only where it is known that no such run is at work any more, as after one of a plan with another name or of a"
                + " journal that was lost, go on from above it, by name: PlanRunner.above(new Epoch(" + held
                + "), who, reason), and run or resume with that";
    }

    @Override
    public final boolean retryable() {
        return false;
    }
}
