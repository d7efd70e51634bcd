package io.drkit.testkit.crash;

import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import java.util.function.BiFunction;

/**
 * A change of one resource.
 *
 * @param describe what it says it does
 * @param wanted from how the resource stands, how it is to stand; the same when nothing is to be done
 * @param remembers whether how it stood is recorded, as {@code was}, before it is changed
 */
record Change(
        FileWorld world,
        String resource,
        String describe,
        BiFunction<String, ActionContext, String> wanted,
        boolean remembers)
        implements Action<Change.Seen> {
    /** How it stands, and how it is to stand. */
    record Seen(String now, String wanted) {}

    static Change set(FileWorld world, String resource, String value) {
        return new Change(world, resource, "set " + resource + " to " + value, (now, context) -> value, false);
    }

    static Change toZero(FileWorld world, String resource) {
        return new Change(world, resource, "scale " + resource + " to 0", (now, context) -> "0", true);
    }

    /** Puts back what {@link #toZero} of the same step recorded. */
    static Change restore(FileWorld world, String resource) {
        return new Change(
                world,
                resource,
                "restore " + resource,
                (now, context) -> context.recorded("was").orElse(now),
                false);
    }

    /** Adds one of it for this run, unless there is one: what a second time of would do harm. */
    static Change once(FileWorld world, String resource) {
        return new Change(
                world,
                resource,
                "add one of " + resource,
                (now, context) -> now.contains(context.runId()) ? now : now + context.runId() + ";",
                false);
    }

    /** Moves the primary there; each time it begins another timeline. */
    static Change promote(FileWorld world, String site) {
        return new Change(
                world,
                "primary",
                "promote " + site,
                (now, context) -> {
                    int timeline = Integer.parseInt(now.substring(now.indexOf(' ') + 1));
                    return now.startsWith(site + " ") ? now : site + " " + (timeline + 1);
                },
                false);
    }

    @Override
    public Seen observe(ActionContext context) {
        String now = world.read(resource);
        return new Seen(now, wanted.apply(now, context));
    }

    @Override
    public Assessment assess(Seen seen) {
        return seen.now().equals(seen.wanted())
                ? Assessment.done(resource + " is " + seen.now())
                : Assessment.needed(resource + ": " + seen.now() + " to " + seen.wanted());
    }

    @Override
    public void apply(Seen seen, ActionContext context) {
        if (remembers) {
            context.record("was", seen.now());
        }
        context.requireAuthority();
        // as a call that does what it was told: it is not the resource that keeps it from being done twice
        world.change(resource, context.epoch(), now -> wanted.apply(seen.now(), context));
    }
}
