package io.drkit.core.journal;

import io.drkit.core.BlockedException;
import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A journal in two stores, so that losing either loses no run: an entry is durable in both before anything is done that relies on
 * it.
 *
 * <pre>{@code
 * JournalStore journals = MirroredJournalStore.of("disk", new FileJournalStore(disk), "registry", registry).build();
 * }</pre>
 *
 * <p>When it is opened, the store that is behind is caught up with the other: a crash between the two writes, or a store that was
 * lost for a while, leaves one with less. Two stores of which each has entries that the other lacks are refused as corrupt, with
 * the code {@code journal.diverged}: two processes went on apart, and a person has to look at what each of them did. The epoch is
 * the higher of the two.
 *
 * <p>When one store cannot be reached, at the opening or in the middle of a run, the default is to refuse: nothing more is done
 * until it can. {@link Builder#goOnWithOne} is the other choice, and a person's: see there what it gives up.
 *
 * <p>Only reading, {@link #runs}, {@link #keys} and {@link #instructions}, is content with whichever store answers. Thread-safe.
 */
public final class MirroredJournalStore implements JournalStore {
    private static final Logger log = LoggerFactory.getLogger(MirroredJournalStore.class);

    private final Side first;
    private final Side second;
    private final Optional<Decision> decision;

    /** One of the two, and what people call it. */
    record Side(String name, JournalStore store) {}

    /** That one store is enough, who said so, and why. */
    record Decision(String who, String reason) {}

    private MirroredJournalStore(Builder builder) {
        first = builder.first;
        second = builder.second;
        decision = Optional.ofNullable(builder.decision);
    }

    /**
     * Begins a store over these two, which must not fail together. The names are for messages and the journal; every process
     * names the two in the same order.
     */
    public static Builder of(String firstName, JournalStore first, String secondName, JournalStore second) {
        return new Builder(new Side(firstName, first), new Side(secondName, second));
    }

    @Override
    public Journal open(JournalKey key) {
        return both(key, store -> store.open(key));
    }

    /** As {@link JournalStore#takeOver}, in both stores. Of two processes that do so at the same moment both may be refused. */
    @Override
    public Journal takeOver(JournalKey key) {
        try {
            Journal taken = both(key, store -> store.takeOver(key));
            try {
                // Another one may have taken the first store while this one took the second.
                taken.raiseEpoch(Epoch.NONE);
                return taken;
            } catch (RuntimeException e) {
                closeAfter(e, taken);
                throw e;
            }
        } catch (StaleEpochException e) {
            throw new JournalInUseException(
                    "journal.in-use",
                    Problem.expected("to take over " + key + " alone")
                            .found("another process that took it over at the same moment")
                            .remedy("agree on who does it; whoever it is, takes it over once more"),
                    e);
        }
    }

    /** Always the first store first: whoever does not get that does not touch the other. */
    private Journal both(JournalKey key, Function<JournalStore, Journal> opening) {
        MirroredJournal mirrored = new MirroredJournal(key, decision);
        try {
            Optional<Journal> one = opened(mirrored, first, opening);
            Optional<Journal> other = opened(mirrored, second, opening);
            if (one.isPresent() && other.isPresent()) {
                catchUp(key, one.get(), other.get());
            }
            return mirrored;
        } catch (RuntimeException e) {
            closeAfter(e, mirrored);
            throw e;
        }
    }

    private static Optional<Journal> opened(
            MirroredJournal mirrored, Side side, Function<JournalStore, Journal> opening) {
        Journal journal;
        try {
            journal = opening.apply(side.store());
        } catch (DrException e) {
            mirrored.lose(side, requireUnreachable(e));
            return Optional.empty();
        }
        mirrored.add(side, journal);
        return Optional.of(journal);
    }

    /** What says that another process has it, or that it is damaged, is an answer; no store is given up for that. */
    static DrException requireUnreachable(DrException e) {
        if (e instanceof JournalInUseException
                || e instanceof StaleEpochException
                || e instanceof CorruptJournalException) {
            throw e;
        }
        return e;
    }

    private static void closeAfter(RuntimeException failure, Journal journal) {
        try {
            journal.close();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    private void catchUp(JournalKey key, Journal one, Journal other) {
        List<JournalEntry> latestOfOne = one.latestRun();
        List<JournalEntry> latestOfOther = other.latestRun();
        if (latestOfOne.equals(latestOfOther)) {
            return;
        }
        List<List<JournalEntry>> runsOfOne = first.store().runs(key, Integer.MAX_VALUE);
        List<List<JournalEntry>> runsOfOther = second.store().runs(key, Integer.MAX_VALUE);
        Optional<Divergence.Missing> missing = Divergence.missing(runsOfOne, runsOfOther);
        if (missing.isPresent()) {
            catchUp(key, second, other, missing.get());
            return;
        }
        catchUp(
                key,
                first,
                one,
                Divergence.missing(runsOfOther, runsOfOne).orElseThrow(() -> diverged(key, runsOfOne, runsOfOther)));
    }

    private static void catchUp(JournalKey key, Side side, Journal behind, Divergence.Missing missing) {
        log.warn(
                "The journal of {} in {} is behind by {} entries and {} runs: it is caught up",
                key,
                side.name(),
                missing.entries().size(),
                missing.runs().size());
        missing.entries().forEach(behind::append);
        for (List<JournalEntry> run : missing.runs()) {
            // Below the epoch that the run had: what counts is that of the next raise, above both.
            behind.raiseEpoch(Epoch.NONE);
            behind.begin(run.get(0));
            run.subList(1, run.size()).forEach(behind::append);
        }
    }

    private CorruptJournalException diverged(
            JournalKey key, List<List<JournalEntry>> runsOfOne, List<List<JournalEntry>> runsOfOther) {
        return new CorruptJournalException(
                "journal.diverged",
                Problem.expected("the journals of " + key + " in " + first.name() + " and " + second.name()
                                + " to be one, or the beginning of one")
                        .found("entries in each that the other has not; the last of " + first.name() + ": "
                                + last(runsOfOne) + "; the last of " + second.name() + ": " + last(runsOfOther))
                        .remedy(
                                "find out with the verify command what either process did, and look at both sites; then move the"
                                        + " journal that counts less aside, and resume or abandon what the other one says"),
                null);
    }

    private static String last(List<List<JournalEntry>> runs) {
        List<JournalEntry> latest = runs.get(0);
        JournalEntry entry = latest.get(latest.size() - 1);
        return entry.kind() + (entry.step().isEmpty() ? "" : " of " + entry.step()) + " at " + entry.at()
                + " in the run " + latest.get(0).detail("run");
    }

    @Override
    public List<List<JournalEntry>> runs(JournalKey key, int atMost) {
        Answers<List<List<JournalEntry>>> answers = ask(store -> store.runs(key, atMost));
        if (answers.one().isEmpty() || answers.other().isEmpty()) {
            return answers.any();
        }
        return ahead(key, answers.one().get(), answers.other().get()).isFirst()
                ? answers.one().get()
                : answers.other().get();
    }

    @Override
    public List<JournalKey> keys() {
        Answers<List<JournalKey>> answers = ask(JournalStore::keys);
        Set<JournalKey> keys = new LinkedHashSet<>();
        answers.one().ifPresent(keys::addAll);
        answers.other().ifPresent(keys::addAll);
        return List.copyOf(keys);
    }

    @Override
    public void post(JournalKey key, Instruction instruction) {
        List<Side> sides = sidesOfTheLatestRun(key);
        Side ahead = sides.get(0);
        ahead.store().post(key, instruction);
        if (sides.size() == 2) {
            try {
                sides.get(1).store().post(key, instruction);
                return;
            } catch (DrException e) {
                requireDecision(e);
            }
        }
        log.error("An instruction for {} stands in {} alone", key, ahead.name());
    }

    @Override
    public List<Instruction> instructions(JournalKey key) {
        Map<String, Instruction> instructions = new LinkedHashMap<>();
        @Nullable DrException failure = null;
        boolean answered = false;
        for (Side side : sidesThatKnowTheLatestRun(key)) {
            try {
                side.store().instructions(key).forEach(one -> instructions.putIfAbsent(one.id(), one));
                answered = true;
            } catch (DrException e) {
                failure = requireUnreachable(e);
            }
        }
        if (!answered && failure != null) {
            throw failure;
        }
        return List.copyOf(instructions.values());
    }

    /** Both, or with a person's decision one; never one in which the latest run is an older one. */
    private List<Side> sidesOfTheLatestRun(JournalKey key) {
        List<Side> sides = sidesThatKnowTheLatestRun(key);
        if (sides.size() < 2 && decision.isEmpty()) {
            throw new BlockedException(
                    "journal.mirror-behind",
                    Problem.expected("the latest run of " + key + " in " + first.name() + " and in " + second.name())
                            .found("that only " + sides.get(0).name() + " answers and has it")
                            .remedy("make the other reachable, and resume the run, which catches it up"));
        }
        return sides;
    }

    private List<Side> sidesThatKnowTheLatestRun(JournalKey key) {
        Answers<List<List<JournalEntry>>> latest = ask(store -> store.runs(key, 1));
        if (latest.one().isEmpty()) {
            return List.of(second);
        }
        if (latest.other().isEmpty()) {
            return List.of(first);
        }
        List<List<JournalEntry>> one = latest.one().get();
        List<List<JournalEntry>> other = latest.other().get();
        boolean same = one.isEmpty() == other.isEmpty()
                && (one.isEmpty() || one.get(0).get(0).equals(other.get(0).get(0)));
        return same ? List.of(first, second) : List.of(ahead(key, one, other).isFirst() ? first : second);
    }

    private enum Ahead {
        FIRST,
        SECOND;

        boolean isFirst() {
            return this == FIRST;
        }
    }

    /** Which of the two says more. While a run is being written, they differ for a moment. */
    private Ahead ahead(JournalKey key, List<List<JournalEntry>> one, List<List<JournalEntry>> other) {
        if (Divergence.missing(one, other).isPresent()) {
            return Ahead.FIRST;
        }
        if (Divergence.missing(other, one).isPresent()) {
            return Ahead.SECOND;
        }
        // It may be farther apart than what was asked for. In this order: the first store is written first, so what is
        // read of it last has whatever was read of the second.
        List<List<JournalEntry>> allOfOther = second.store().runs(key, Integer.MAX_VALUE);
        List<List<JournalEntry>> allOfOne = first.store().runs(key, Integer.MAX_VALUE);
        if (Divergence.missing(allOfOne, allOfOther).isPresent()) {
            return Ahead.FIRST;
        }
        if (Divergence.missing(allOfOther, allOfOne).isPresent()) {
            return Ahead.SECOND;
        }
        throw diverged(key, allOfOne, allOfOther);
    }

    private record Answers<T>(Optional<T> one, Optional<T> other) {
        T any() {
            return one.or(() -> other).orElseThrow();
        }
    }

    /** What both say, or one of them where the other cannot be reached. */
    private <T> Answers<T> ask(Function<JournalStore, T> question) {
        @Nullable DrException failure = null;
        Optional<T> one = Optional.empty();
        Optional<T> other = Optional.empty();
        try {
            one = Optional.of(question.apply(first.store()));
        } catch (DrException e) {
            failure = requireUnreachable(e);
        }
        try {
            other = Optional.of(question.apply(second.store()));
        } catch (DrException e) {
            requireUnreachable(e);
            if (failure != null) {
                e.addSuppressed(failure);
                throw e;
            }
            failure = e;
        }
        if (failure != null) {
            log.debug("One of the two stores cannot be read", failure);
        }
        return new Answers<>(one, other);
    }

    private void requireDecision(DrException e) {
        requireUnreachable(e);
        if (decision.isEmpty()) {
            throw e;
        }
    }

    /** Builds a mirrored store. Default: both stores are needed to begin and to go on. */
    public static final class Builder {
        private final Side first;
        private final Side second;
        private @Nullable Decision decision;

        private Builder(Side first, Side second) {
            if (first.name().isBlank()
                    || second.name().isBlank()
                    || first.name().equals(second.name())) {
                throw new IllegalArgumentException("The two stores have a name each");
            }
            this.first = first;
            this.second = second;
        }

        /**
         * Goes on with one store where the other cannot be reached. Each time it comes to that, the journal that is left says so
         * ({@link JournalEntry.Kind#MIRROR_LOST}), and so does the log, as an error.
         *
         * <p>What this gives up: the store that is left may be the one that was behind; and two processes that are cut off from
         * each other, each with a store of its own, can both run. The epoch does not tell them apart then. Whoever decides this
         * knows that no other process runs this plan. When both stores are there again, two runs that went on apart are refused.
         *
         * <p>It holds as long as the code says it, for every run: take it out when both stores are back.
         *
         * @param who the person who answers for it
         * @param reason why, for whoever reads the journal
         */
        public Builder goOnWithOne(String who, String reason) {
            if (who.isBlank() || reason.isBlank()) {
                throw new IllegalArgumentException("Going on with one store needs a person and a reason");
            }
            decision = new Decision(who, reason);
            return this;
        }

        /** The store. */
        public MirroredJournalStore build() {
            return new MirroredJournalStore(this);
        }
    }
}
