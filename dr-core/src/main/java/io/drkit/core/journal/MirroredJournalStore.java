package io.drkit.core.journal;

import io.drkit.core.BlockedException;
import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.time.Clockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
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
 * <p>When one store cannot be reached, or is behind and cannot be caught up, at the opening or in the middle of a run, the default
 * is to refuse: nothing more is done until it can. {@link Builder#goOnWithOne} is the other choice, and a person's: see there what it
 * gives up.
 *
 * <p>A store that does not answer within 20 s ({@link Builder#answersWithin}) cannot be reached: a folder on the file server of a site
 * that is gone would else hold up the run for ever.
 *
 * <p>Only reading, {@link #runs}, {@link #keys} and {@link #instructions}, is content with whichever store answers. Thread-safe.
 */
public final class MirroredJournalStore implements JournalStore {
    private static final Logger log = LoggerFactory.getLogger(MirroredJournalStore.class);
    private static final int ATTEMPTS = 10;

    private final Side first;
    private final Side second;
    private final Optional<Decision> decision;

    /** One of the two, what people call it, and how it is asked. */
    record Side(String name, BoundedJournalStore store) {}

    /** That one store is enough, who said so, and why. */
    record Decision(String who, String reason) {}

    private MirroredJournalStore(Builder builder) {
        first = builder.side(builder.firstName, builder.first);
        second = builder.side(builder.secondName, builder.second);
        decision = Optional.ofNullable(builder.decision);
    }

    /**
     * Begins a store over these two, which must not fail together. The names are for messages and the journal; every process
     * names the two in the same order.
     */
    public static Builder of(String firstName, JournalStore first, String secondName, JournalStore second) {
        return new Builder(firstName, first, secondName, second);
    }

    @Override
    public Journal open(JournalKey key) {
        MirroredJournal mirrored = new MirroredJournal(key, decision);
        try {
            // Whoever does not get the first does not touch the other.
            open(mirrored, first, store -> store.open(key));
            open(mirrored, second, store -> store.open(key));
            catchUp(key, mirrored);
            return mirrored;
        } catch (RuntimeException e) {
            closeAfter(e, mirrored);
            throw e;
        }
    }

    /**
     * As {@link JournalStore#takeOver}, in both stores. Of several processes that do so at the same moment the one that took the first
     * store last has both, and the others are refused.
     */
    @Override
    public Journal takeOver(JournalKey key) {
        MirroredJournal mirrored = new MirroredJournal(key, decision);
        try {
            open(mirrored, first, store -> store.takeOver(key));
            for (int attempt = 1; ; attempt++) {
                try {
                    open(mirrored, second, store -> store.takeOver(key));
                    catchUp(key, mirrored);
                    mirrored.raiseEpoch(Epoch.NONE);
                    return mirrored;
                } catch (StaleEpochException | JournalInUseException e) {
                    // Whoever took the second from here without having the first gives it up when it looks.
                    if (attempt == ATTEMPTS || !mirrored.holds(first)) {
                        throw new JournalInUseException(
                                "journal.in-use",
                                Problem.expected("to take over " + key + " alone")
                                        .found("another process that took it over at the same moment")
                                        .remedy("leave the recovery to it, or agree on who does it"),
                                e);
                    }
                    mirrored.drop(second);
                }
            }
        } catch (RuntimeException e) {
            closeAfter(e, mirrored);
            throw e;
        }
    }

    private static void open(MirroredJournal mirrored, Side side, Function<JournalStore, Journal> opening) {
        Journal journal;
        try {
            journal = opening.apply(side.store());
        } catch (DrException e) {
            mirrored.lose(side, requireUnreachable(e));
            return;
        }
        mirrored.add(side, journal);
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

    private void catchUp(JournalKey key, MirroredJournal mirrored) {
        Optional<Journal> one = mirrored.journal(first);
        Optional<Journal> other = mirrored.journal(second);
        if (one.isPresent() && other.isPresent()) {
            catchUp(key, mirrored, one.get(), other.get());
        }
    }

    private void catchUp(JournalKey key, MirroredJournal mirrored, Journal one, Journal other) {
        List<JournalEntry> latestOfOne = one.latestRun();
        List<JournalEntry> latestOfOther = other.latestRun();
        if (latestOfOne.equals(latestOfOther)) {
            return;
        }
        List<List<JournalEntry>> runsOfOne = first.store().runs(key, Integer.MAX_VALUE);
        List<List<JournalEntry>> runsOfOther = second.store().runs(key, Integer.MAX_VALUE);
        Optional<Divergence.Missing> missing = Divergence.missing(runsOfOne, runsOfOther);
        if (missing.isPresent()) {
            catchUp(key, mirrored, second, other, missing.get());
            return;
        }
        catchUp(
                key,
                mirrored,
                first,
                one,
                Divergence.missing(runsOfOther, runsOfOne).orElseThrow(() -> diverged(key, runsOfOne, runsOfOther)));
    }

    /** What cannot be written any further stays the beginning of the other, so that it can be done without, and caught up later. */
    private static void catchUp(
            JournalKey key, MirroredJournal mirrored, Side side, Journal behind, Divergence.Missing missing) {
        log.warn(
                "The journal of {} in {} is behind by {} entries and {} runs: it is caught up",
                key,
                side.name(),
                missing.entries().size(),
                missing.runs().size());
        try {
            write(missing, behind);
        } catch (DrException e) {
            mirrored.lose(side, requireUnreachable(e));
            mirrored.without(side);
        }
    }

    private static void write(Divergence.Missing missing, Journal behind) {
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
        Answers<List<List<JournalEntry>>> answers = askStores(store -> store.runs(key, atMost));
        if (answers.one().isEmpty() || answers.other().isEmpty()) {
            return answers.any();
        }
        return ahead(key, answers.one().get(), answers.other().get()).isFirst()
                ? answers.one().get()
                : answers.other().get();
    }

    @Override
    public List<JournalKey> keys() {
        Answers<List<JournalKey>> answers = askStores(JournalStore::keys);
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
            Side other = sides.get(1);
            try {
                other.store().post(key, instruction);
                return;
            } catch (DrException e) {
                if (decision.isEmpty()) {
                    throw new UnknownOutcomeException(
                            "journal.answer-lost",
                            Problem.expected("the instruction " + instruction.kind() + " for " + key + " in "
                                            + ahead.name() + " and in " + other.name())
                                    .found("that it stands in " + ahead.name() + ", and not, as far as is known, in "
                                            + other.name() + ": " + e.problem().found())
                                    .remedy("take it for said: the run hears it where it can read " + ahead.name()
                                            + "; make the other reachable"),
                            e);
                }
                log.warn("An instruction could not be left in {}", other.name(), e);
            }
        }
        log.error("An instruction for {} stands in {} alone", key, ahead.name());
    }

    @Override
    public List<Instruction> instructions(JournalKey key) {
        return words(key).intact();
    }

    @Override
    public Words words(JournalKey key) {
        // A run asks every few seconds, and is not to be held up each time by a store that it does without.
        if (first.store().resting() != second.store().resting()) {
            try {
                return words(first.store().resting() ? second : first, key);
            } catch (DrException e) {
                requireUnreachable(e);
            }
        }
        List<Words> answers = new ArrayList<>();
        @Nullable DrException failure = null;
        for (Side side : sidesThatKnowTheLatestRun(key)) {
            try {
                answers.add(words(side, key));
            } catch (DrException e) {
                failure = requireUnreachable(e);
            }
        }
        if (answers.isEmpty() && failure != null) {
            throw failure;
        }
        return answers.size() == 2 ? merged(answers.get(0), answers.get(1)) : answers.get(0);
    }

    private static Words words(Side side, JournalKey key) {
        Words words = side.store().words(key);
        return new Words(
                words.instructions(),
                words.unreadable().stream()
                        .map(one -> new Words.Unreadable(side.name() + ", " + one.where(), one.why()))
                        .toList());
    }

    private static Words merged(Words one, Words other) {
        return new Words(
                merged(one.instructions(), other.instructions()),
                Stream.concat(one.unreadable().stream(), other.unreadable().stream())
                        .toList());
    }

    /** All of both, each once, in an order that keeps that of either: what stands in one alone was posted while the other was lost. */
    private static List<Instruction> merged(List<Instruction> one, List<Instruction> other) {
        Map<String, Instruction> merged = new LinkedHashMap<>();
        List<String> ids = other.stream().map(Instruction::id).toList();
        for (Instruction said : one) {
            int common = ids.indexOf(said.id());
            other.subList(0, common + 1).forEach(earlier -> merged.putIfAbsent(earlier.id(), earlier));
            merged.putIfAbsent(said.id(), said);
        }
        other.forEach(said -> merged.putIfAbsent(said.id(), said));
        return List.copyOf(merged.values());
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
        Answers<List<List<JournalEntry>>> latest = askStores(store -> store.runs(key, 1));
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

    /** Each by itself, and against each other. */
    JournalCheck check() {
        List<JournalCheck.Run> runs = new ArrayList<>();
        List<String> damages = new ArrayList<>();
        Answers<JournalCheck> answers = ask(side -> {
            JournalCheck check = side.store().check();
            check.damages().forEach(damage -> damages.add(side.name() + ": " + damage));
            return check;
        });
        answers.one().ifPresent(check -> runs.addAll(check.runs()));
        answers.other().ifPresent(check -> check.runs().forEach(run -> addLonger(run, runs)));
        if (answers.one().isEmpty() || answers.other().isEmpty()) {
            damages.add((answers.one().isEmpty() ? first : second).name() + ": it cannot be read, and was not checked");
        } else if (damages.isEmpty()) {
            keys().forEach(key -> compare(key, damages));
        }
        return new JournalCheck(runs, damages);
    }

    private static void addLonger(JournalCheck.Run run, List<JournalCheck.Run> runs) {
        for (int i = 0; i < runs.size(); i++) {
            JournalCheck.Run same = runs.get(i);
            if (same.key().equals(run.key())
                    && same.entries().get(0).equals(run.entries().get(0))) {
                if (run.entries().size() > same.entries().size()) {
                    runs.set(i, run);
                }
                return;
            }
        }
        runs.add(run);
    }

    private void compare(JournalKey key, List<String> damages) {
        // Twice, as a run may be writing: what is still missing when it is looked for once more was not just on its
        // way.
        List<List<JournalEntry>> one = first.store().runs(key, Integer.MAX_VALUE);
        List<List<JournalEntry>> other = second.store().runs(key, Integer.MAX_VALUE);
        List<List<JournalEntry>> oneAgain = first.store().runs(key, Integer.MAX_VALUE);
        lacks(key, second, other, first, oneAgain).ifPresent(damages::add);
        if (lacks(key, first, one, second, other).isPresent()) {
            List<List<JournalEntry>> otherAgain = second.store().runs(key, Integer.MAX_VALUE);
            lacks(key, first, one, second, otherAgain).ifPresent(damages::add);
        }
    }

    /** What {@code behind} lacks of {@code ahead}, the newest first; runs older than those that both have may have been removed. */
    private static Optional<String> lacks(
            JournalKey key,
            Side ahead,
            List<List<JournalEntry>> runsOfAhead,
            Side behind,
            List<List<JournalEntry>> runsOfBehind) {
        boolean shared = false;
        for (List<JournalEntry> run : runsOfAhead) {
            Optional<List<JournalEntry>> same = runsOfBehind.stream()
                    .filter(other -> other.get(0).equals(run.get(0)))
                    .findFirst();
            String what = "the journal of " + key + " in " + behind.name() + " differs from that in " + ahead.name();
            if (same.isEmpty() && shared) {
                continue;
            }
            if (same.isEmpty()) {
                return Optional.of(what + ": it lacks the run " + run.get(0).detail("run"));
            }
            shared = true;
            int length = Math.min(run.size(), same.get().size());
            if (!run.subList(0, length).equals(same.get().subList(0, length))) {
                return Optional.of(what + ", after the same beginning, in the run "
                        + run.get(0).detail("run"));
            }
            if (length < run.size()) {
                return Optional.of(what + ": it lacks the last " + (run.size() - length) + " entries of the run "
                        + run.get(0).detail("run"));
            }
        }
        return Optional.empty();
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
    private <T> Answers<T> askStores(Function<JournalStore, T> question) {
        return ask(side -> question.apply(side.store()));
    }

    private <T> Answers<T> ask(Function<Side, T> question) {
        @Nullable DrException failure = null;
        Optional<T> one = Optional.empty();
        Optional<T> other = Optional.empty();
        try {
            one = Optional.of(question.apply(first));
        } catch (DrException e) {
            failure = requireUnreachable(e);
        }
        try {
            other = Optional.of(question.apply(second));
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

    /** Builds a mirrored store. Defaults: both stores are needed to begin and to go on; 20 s for an answer; the system's clockwork. */
    public static final class Builder {
        private final String firstName;
        private final JournalStore first;
        private final String secondName;
        private final JournalStore second;
        private Duration answersWithin = Duration.ofSeconds(20);
        private Clockwork clockwork = Clockwork.system();
        private @Nullable Decision decision;

        private Builder(String firstName, JournalStore first, String secondName, JournalStore second) {
            if (firstName.isBlank() || secondName.isBlank() || firstName.equals(secondName)) {
                throw new IllegalArgumentException("The two stores have a name each");
            }
            this.firstName = firstName;
            this.first = first;
            this.secondName = secondName;
            this.second = second;
        }

        private Side side(String name, JournalStore store) {
            return new Side(name, new BoundedJournalStore(name, store, answersWithin, clockwork));
        }

        /**
         * How long either store may take for an answer; then it counts as unreachable, and what it was asked to write as unknown. More
         * than zero, and more than a store's own limits, whose errors say more than silence.
         */
        public Builder answersWithin(Duration time) {
            if (time.isZero() || time.isNegative()) {
                throw new IllegalArgumentException("the time for an answer is more than zero, not " + time);
            }
            answersWithin = time;
            return this;
        }

        /**
         * Time and threads. Stores are real things, so it is rarely another than the system's, also where the runner's is virtual: a run
         * writes its journal under a lock, over which nobody waits in virtual time.
         */
        public Builder clockwork(Clockwork clockwork) {
            this.clockwork = clockwork;
            return this;
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
