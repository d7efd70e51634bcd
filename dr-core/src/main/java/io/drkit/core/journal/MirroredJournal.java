package io.drkit.core.journal;

import io.drkit.core.BlockedException;
import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.journal.MirroredJournalStore.Decision;
import io.drkit.core.journal.MirroredJournalStore.Side;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Both journals, open; or one, where a person decided that one is enough. A store in which a write failed is not written again
 * before it was caught up, which is done when it is opened: what it has by now is not known.
 */
final class MirroredJournal implements Journal {
    private static final Logger log = LoggerFactory.getLogger(MirroredJournal.class);

    private final JournalKey key;
    private final Optional<Decision> decision;
    private final List<Half> opened = new ArrayList<>();
    private final List<Half> live = new ArrayList<>();
    /** What has been lost and is not written down yet: that follows upon the next entry. */
    private final List<Map<String, String>> toTell = new ArrayList<>();

    private boolean begun;
    private boolean alone;
    private boolean closed;
    private @Nullable DrException broken;

    /** One of the two. */
    private record Half(Side side, Journal journal) {}

    MirroredJournal(JournalKey key, Optional<Decision> decision) {
        this.key = key;
        this.decision = decision;
    }

    synchronized void add(Side side, Journal journal) {
        Half half = new Half(side, journal);
        opened.add(half);
        live.add(half);
    }

    synchronized Optional<Journal> journal(Side side) {
        return live.stream()
                .filter(half -> half.side().equals(side))
                .map(Half::journal)
                .findFirst();
    }

    /** Whether nobody has taken that one over; raises its epoch. */
    synchronized boolean holds(Side side) {
        Optional<Journal> journal = journal(side);
        try {
            journal.ifPresent(held -> held.raiseEpoch(Epoch.NONE));
            return journal.isPresent();
        } catch (StaleEpochException e) {
            return false;
        }
    }

    /** Does without that one, which is somebody else's, until it is added anew. */
    synchronized void drop(Side side) {
        journal(side).ifPresent(dropped -> {
            live.removeIf(half -> half.side().equals(side));
            opened.removeIf(half -> half.side().equals(side));
            broken = null;
            try {
                dropped.close();
            } catch (DrException e) {
                log.debug("The journal in {}, which was taken over, could not be closed", side.name(), e);
            }
        });
    }

    /** Writes that one no more; it stays held until this is closed. */
    synchronized void without(Side side) {
        live.removeIf(half -> half.side().equals(side));
    }

    @Override
    public synchronized List<JournalEntry> latestRun() {
        return live.get(0).journal().latestRun();
    }

    @Override
    public synchronized Epoch raiseEpoch(Epoch above) {
        Map<Half, Epoch> raised = new HashMap<>();
        // The second is not below the first; where it is above, the first follows.
        write(half -> raised.put(half, half.journal().raiseEpoch(highest(above, raised))));
        Epoch highest = highest(above, raised).next();
        write(half -> {
            if (Objects.requireNonNull(raised.get(half)).compareTo(highest) < 0) {
                half.journal().raiseEpoch(new Epoch(highest.value() - 1));
            }
        });
        return highest;
    }

    /** One below what the next raise must come to. */
    private static Epoch highest(Epoch above, Map<?, Epoch> raised) {
        long highest = above.value();
        for (Epoch epoch : raised.values()) {
            highest = Math.max(highest, epoch.value() - 1);
        }
        return new Epoch(highest);
    }

    @Override
    public synchronized void begin(JournalEntry first) {
        write(half -> half.journal().begin(first));
        tellLosses(first);
    }

    @Override
    public synchronized void append(JournalEntry entry) {
        if (!begun && latestRun().isEmpty()) {
            throw unusable("that no run has begun in it", "begin one, or resume the one in it");
        }
        begun = true;
        write(half -> half.journal().append(entry));
        tellLosses(entry);
    }

    @Override
    public synchronized void requireHeld(Epoch epoch) {
        each(half -> half.journal().requireHeld(epoch));
    }

    @Override
    public synchronized String owner() {
        return opened.stream().map(half -> half.journal().owner()).distinct().collect(Collectors.joining(", "));
    }

    @Override
    public synchronized void close() {
        closed = true;
        @Nullable RuntimeException failure = null;
        for (Half half : opened) {
            try {
                half.journal().close();
            } catch (RuntimeException e) {
                if (!live.contains(half)) {
                    log.debug(
                            "The journal in {} was lost before it was closed",
                            half.side().name(),
                            e);
                } else if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void write(Consumer<Half> write) {
        if (broken instanceof StaleEpochException) {
            throw broken;
        }
        if (broken != null) {
            throw unusable(
                    "that an earlier write reached one of them alone, or may have: " + broken.getMessage(),
                    "resume when both stores can be reached: that catches the other one up");
        }
        if (closed) {
            throw unusable("that it was closed", "open it again");
        }
        try {
            each(write);
        } catch (DrException e) {
            broken = e;
            throw e;
        }
    }

    private BlockedException unusable(String found, String remedy) {
        return new BlockedException(
                "journal.unreachable",
                Problem.expected("to write the mirrored journal of " + key)
                        .found(found)
                        .remedy(remedy),
                broken);
    }

    private void each(Consumer<Half> action) {
        for (Half half : List.copyOf(live)) {
            try {
                action.accept(half);
            } catch (DrException e) {
                lose(half.side(), MirroredJournalStore.requireUnreachable(e));
                live.remove(half);
            }
        }
    }

    /** Goes on without that store, if somebody answers for it and the other one is left. */
    synchronized void lose(Side side, DrException failure) {
        if (decision.isEmpty() || alone) {
            throw failure;
        }
        alone = true;
        Decision who = decision.get();
        log.error(
                "The journal of {} in {} is lost; the run goes on with the other store alone, as {} decided: {}",
                key,
                side.name(),
                who.who(),
                who.reason(),
                failure);
        toTell.add(Map.of("store", side.name(), "code", failure.code(), "who", who.who(), "reason", who.reason()));
    }

    /**
     * After the entry in whose writing a store was lost and not before, since that entry may stand in the store that was lost:
     * so what that one has remains the beginning of what this one has.
     */
    private void tellLosses(JournalEntry after) {
        while (!toTell.isEmpty()) {
            JournalEntry loss = new JournalEntry(JournalEntry.Kind.MIRROR_LOST, after.at(), "", toTell.remove(0));
            write(half -> half.journal().append(loss));
        }
    }
}
