package io.drkit.testkit.disaster;

/** An invariant is broken in a simulated disaster; the message says which and how to see it again. */
public final class DisasterFound extends AssertionError {
    private static final long serialVersionUID = 1L;

    private final String replay;

    DisasterFound(Finding finding) {
        super(finding.message());
        replay = finding.disaster().token();
    }

    /** What {@link Disasters#replay} takes. */
    public String replay() {
        return replay;
    }
}
