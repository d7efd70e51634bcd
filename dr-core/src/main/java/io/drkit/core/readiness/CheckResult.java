package io.drkit.core.readiness;

import java.util.Objects;

/**
 * One check and what it found.
 *
 * @param kind whether it is a step of the plan or a standing check
 * @param name the step's or the check's name
 * @param verifies what was verified; for a step, what it would do
 * @param finding what was found
 * @param advisory whether this is a step whose resource cannot refuse a change under an older epoch: a process that wakes up late
 *     is held back by the check in that process alone. Not a failure, but good to know
 */
public record CheckResult(Kind kind, String name, String verifies, Finding finding, boolean advisory) {
    /** What a check looks at. */
    public enum Kind {
        /** A step of the plan, assessed as the world is now. */
        STEP,
        /** A standing check. */
        STANDING
    }

    public CheckResult {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(verifies, "verifies");
        Objects.requireNonNull(finding, "finding");
    }

    /** For example {@code NOT READY  east images: runtime is only in west. What to do: …}. */
    public String line() {
        return finding.state().name().replace('_', ' ') + " " + (kind == Kind.STEP ? "step " : "") + name + ": "
                + finding.why()
                + (finding.remedy().isEmpty() ? "" : ". What to do: " + finding.remedy());
    }

    /** The same check, of which nothing is known any more. */
    CheckResult unknown(String why, String remedy) {
        return new CheckResult(kind, name, verifies, Finding.unknown(why, remedy), advisory);
    }
}
