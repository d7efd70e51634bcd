package io.drkit.core.share;

/**
 * The most that one run may remove from a target: what the source does not have, and what must give way because a file became a
 * directory or the reverse (with all that lies below). Above both limits nothing at all is removed.
 *
 * @param atLeast so many entries may always go
 * @param share so large a part of the target's entries may go, from 0 to 1
 */
public record DeleteGuard(long atLeast, double share) {
    private static final DeleteGuard DEFAULTS = new DeleteGuard(100, 0.05);

    public DeleteGuard {
        if (atLeast < 0) {
            throw new IllegalArgumentException("atLeast is 0 or more, not " + atLeast);
        }
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("share is from 0 to 1, not " + share);
        }
    }

    /** 100 entries or 5 % of the target, whichever is more: a target of fewer than 100 entries may lose them all. */
    public static DeleteGuard defaults() {
        return DEFAULTS;
    }

    /** At most {@code count} entries, however large the target. */
    public static DeleteGuard atMost(long count) {
        return new DeleteGuard(count, 0);
    }

    /** No limit: only for who has looked at a preview. */
    public static DeleteGuard unlimited() {
        return new DeleteGuard(Long.MAX_VALUE, 1);
    }

    /** What may go out of {@code entries}. */
    public long limit(long entries) {
        return Math.max(atLeast, (long) Math.floor(share * entries));
    }

    Verdict judge(long doomed, long entries) {
        return new Verdict(doomed, entries, limit(entries));
    }

    /**
     * What the guard says about a run.
     *
     * @param doomed entries that would be removed
     * @param entries entries seen in the target
     * @param limit how many may be removed
     */
    public record Verdict(long doomed, long entries, long limit) {
        /** Whether the removals may go ahead. */
        public boolean allowed() {
            return doomed <= limit;
        }

        /** For a person, for example {@code 120 of 400 entries would be removed, 100 may be}. */
        public String line() {
            return doomed + " of " + entries + " entries would be removed, "
                    + (limit == Long.MAX_VALUE ? "any number" : Long.toString(limit)) + " may be";
        }
    }
}
