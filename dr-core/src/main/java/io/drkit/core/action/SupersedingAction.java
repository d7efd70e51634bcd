package io.drkit.core.action;

/**
 * An action that can make void what it once asked for. A request without an answer may still be on its way when everybody has
 * stopped waiting for it. Where the resource takes a change only as long as nobody wrote since it was observed, one more write is
 * enough: a Kubernetes object's {@code resourceVersion}, or an ETag, has moved, and whatever was sent before is refused.
 *
 * <p>The runner of plans uses it before it undoes a step one of whose requests got no answer, so that nothing which was put back, or
 * was found as it should be, is changed afterwards. An action that cannot do this is a plain {@link Action}: the run goes on, and its
 * report warns that such a request may still arrive.
 *
 * <p>Comparing epochs is not enough to be one: a late request of the same run bears the same epoch.
 *
 * @param <O> what was observed
 */
public interface SupersedingAction<O> extends Action<O> {
    /**
     * Makes void every request of this action, from this process or an earlier one, that has not arrived by now: once this returns,
     * none of them changes anything. Writes the run's epoch where the resource keeps one. Nothing else of what was observed is
     * changed, so that {@link #assess} concludes the same as before. It is made for each part of what this action changes,
     * whatever {@code observed} says of it, on the condition that nobody wrote since {@code observed}.
     *
     * <p>May be called at any time, and again; like {@link #apply} by one thread at a time within a run.
     *
     * @throws io.drkit.core.ConflictException when somebody wrote since: it is observed, and called, again
     * @throws io.drkit.core.UnknownOutcomeException when the answer was lost: likewise
     */
    void supersede(O observed, ActionContext context) throws InterruptedException;
}
