package io.drkit.core.plan;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * A plan for one direction and mode, ready to be run.
 *
 * @param plan the plan's name
 * @param objectives what the run is held to
 * @param mode switchover or failover
 * @param from the name of the site that is left
 * @param to the name of the site that is made active
 * @param outageBegan when service was lost, if known; not part of the hash
 * @param detectedAt when that was noticed, if known; not part of the hash
 * @param steps in an order in which they can run
 * @param rules what must hold while it runs
 */
public record BoundPlan(
        String plan,
        Objectives objectives,
        Mode mode,
        String from,
        String to,
        Optional<Instant> outageBegan,
        Optional<Instant> detectedAt,
        List<PlannedStep> steps,
        List<PlannedRule> rules) {
    public BoundPlan {
        steps = List.copyOf(steps);
        rules = List.copyOf(rules);
    }

    /** For example {@code switchover west → east}. */
    public String line() {
        return mode + " " + from + " → " + to;
    }

    /**
     * A fingerprint of what will be done: the plan's name, mode and sites, and of each step its name, its dependencies, what its
     * action and its undo say they do, its marks, its approval and what it makes true; and the safety rules. Steps are code, so
     * the hash covers what they say and not how they do it: an action says in
     * {@link io.drkit.core.action.Action#describe()} whatever makes it another action.
     */
    public String hash() {
        StringBuilder text = new StringBuilder();
        field(text, plan, mode.name(), from, to);
        for (PlannedStep step : steps) {
            field(text, step.name(), step.action().describe(), describe(step.undo()));
            field(text, step.after().toArray(String[]::new));
            field(text, Boolean.toString(step.pointOfNoReturn()), Boolean.toString(step.restoresService()));
            field(text, step.makes().stream().map(Enum::name).sorted().toArray(String[]::new));
            step.approval()
                    .ifPresent(needed -> field(
                            text, needed.name(), needed.role(), needed.timeout().toString()));
        }
        for (PlannedRule rule : rules) {
            field(text, rule.name(), rule.rule().describe());
        }
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(text.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    private static String describe(Undo undo) {
        if (undo instanceof Undo.By by) {
            return by.action().describe();
        }
        return undo.toString();
    }

    /** Lengths before the parts, so that no two different lists of parts read the same. */
    private static void field(StringBuilder text, String... parts) {
        text.append(parts.length).append('[');
        for (String part : parts) {
            text.append(part.length()).append(':').append(part);
        }
        text.append(']');
    }
}
