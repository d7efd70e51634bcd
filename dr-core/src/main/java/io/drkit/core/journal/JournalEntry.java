package io.drkit.core.journal;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * One thing that a run wrote down.
 *
 * @param kind what it is
 * @param at when, for people; nothing is decided by it
 * @param step the step it is about; empty when it is about the run
 * @param details what more there is to it, none of it called {@code kind}, {@code at} or {@code step}; never a secret
 */
public record JournalEntry(Kind kind, Instant at, String step, Map<String, String> details) {
    /** Stores write the details beside the entry's own fields. */
    private static final List<String> OWN = List.of("kind", "at", "step");

    /** What an entry says. */
    public enum Kind {
        /** A run began: which plan, which hash, which sites, which epoch. The first entry of every run. */
        RUN_BEGAN,
        /** Another process went on with it, under a higher epoch. */
        RUN_RESUMED,
        /** A step is about to apply its change. Durable before the change is made. */
        INTENT,
        /** A step ended, and how. */
        OUTCOME,
        /**
         * A step, or its undo, that was told to stop and given up has ended after all. It may be the last entry of a run that has
         * paused; how the step stands is for whoever goes on to observe.
         */
        GIVEN_UP_ENDED,
        /** A step recorded a fact. */
        FACT,
        /** A step stated a loss. */
        LOSS,
        /** What was done is to be put back from here on. */
        UNDO_BEGAN,
        /** A step's undo is about to apply its change. */
        UNDO_INTENT,
        /** A step's undo ended, and how. */
        UNDO_OUTCOME,
        /** A person told the run something; it was taken, or refused. Durable before it takes effect. */
        INSTRUCTION,
        /** A word that was left for the run cannot be read, and is not obeyed: where it lies, and why. */
        WORD_UNREADABLE,
        /** The run asks a person: to approve, or what to do about a failure. */
        ASKED,
        /** Nobody answered in time. */
        LAPSED,
        /** A process stopped working on the run, which is not over: it waits to be resumed. */
        RUN_PAUSED,
        /** One of two mirrored stores could not be reached, and the run went on with this one, as a person had decided. */
        MIRROR_LOST,
        /** The run is over, and how. Nothing that it did comes after it. */
        RUN_ENDED
    }

    public JournalEntry {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(at, "at");
        Objects.requireNonNull(step, "step");
        details = java.util.Collections.unmodifiableMap(new TreeMap<>(details));
        for (String own : OWN) {
            if (details.containsKey(own)) {
                throw new IllegalArgumentException("No detail may be called " + own + ": the entry itself has that");
            }
        }
    }

    /** Whether the run of these entries, which are all of it in their order, is over. One that only paused is not. */
    public static boolean over(List<JournalEntry> run) {
        return run.stream().anyMatch(entry -> entry.kind() == Kind.RUN_ENDED);
    }

    /** The detail of that name; the empty string when there is none. */
    public String detail(String key) {
        return details.getOrDefault(key, "");
    }
}
