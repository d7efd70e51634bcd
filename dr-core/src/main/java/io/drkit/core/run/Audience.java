package io.drkit.core.run;

import io.drkit.core.event.RunEvent;
import io.drkit.core.event.RunListener;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Those who are told what happens in a run, each on a task of its own. Whoever tells them gives each a moment to hear it, so that
 * what is shown or written by one is there before the run goes on; one that takes longer is left behind, and hears the rest in its
 * own time: a console that somebody has stopped must not stop a recovery. Thread-safe.
 */
final class Audience {
    private static final Logger log = LoggerFactory.getLogger(Audience.class);
    /** How long they may take to hear an event while the run waits. */
    private static final Duration MOMENT = Duration.ofSeconds(1);
    /** How long all of them together may take to hear the rest when the run has ended. */
    private static final Duration HEARS_THE_END_WITHIN = Duration.ofSeconds(10);
    /** Whoever is that many events behind is spared the next that only say how far something has come. */
    private static final int FAR_BEHIND = 1_000;
    /** Nothing wakes it but an event. */
    private static final Duration FOR_EVER = Duration.ofDays(365);

    private final Clockwork clockwork;
    private final List<Listening> all = new ArrayList<>();

    Audience(List<RunListener> listeners, Clockwork clockwork) {
        this.clockwork = clockwork;
        listeners.forEach(listener -> all.add(new Listening(listener, clockwork)));
    }

    /** Waits for no listener that is behind already. */
    void tell(RunEvent event) {
        if (all.isEmpty()) {
            return;
        }
        Mailbox<Listening> heard = clockwork.mailbox();
        Set<Listening> awaited = new LinkedHashSet<>();
        for (Listening listening : all) {
            if (listening.tell(event, heard)) {
                awaited.add(listening);
            }
        }
        // An action may say how far it has come wherever it stands, under a lock of its own too.
        if (!(event instanceof RunEvent.StepProgressed)) {
            await(awaited, heard);
        }
    }

    private void await(Set<Listening> awaited, Mailbox<Listening> heard) {
        Deadline moment = clockwork.deadline(MOMENT);
        try {
            while (!awaited.isEmpty()) {
                Listening next = heard.poll(moment.remaining());
                if (next == null) {
                    awaited.forEach(Listening::leaveBehind);
                    return;
                }
                awaited.remove(next);
            }
        } catch (InterruptedException e) {
            // Whoever is to stop does not wait for them; the interruption is met at the next wait of its work.
            Thread.currentThread().interrupt();
        }
    }

    /** Nothing more comes. Waits until they have heard all of it, but not for ever. */
    void dismiss() {
        all.forEach(Listening::end);
        Deadline deadline = clockwork.deadline(HEARS_THE_END_WITHIN);
        for (Listening listening : all) {
            try {
                if (!listening.task.join(deadline.remaining())) {
                    log.warn("A listener is {} events behind; the run has ended without it", listening.behind);
                }
            } catch (InterruptedException e) {
                // They hear the rest all the same, after whoever is in a hurry has gone.
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private record Told(RunEvent event, Mailbox<Listening> heard) {}

    private static final class Listening {
        private final RunListener listener;
        /** Empty at the end. */
        private final Mailbox<Optional<Told>> told;

        private final AtomicInteger behind = new AtomicInteger();
        /** It did not hear something in its moment, and has not caught up since. */
        private volatile boolean leftBehind;

        private final Task task;

        Listening(RunListener listener, Clockwork clockwork) {
            this.listener = listener;
            this.told = clockwork.mailbox();
            this.task = clockwork.start("drkit listener", this::listen);
        }

        /** Answers whether it is to be waited for. */
        boolean tell(RunEvent event, Mailbox<Listening> heard) {
            if (event instanceof RunEvent.StepProgressed && behind.get() >= FAR_BEHIND) {
                return false;
            }
            behind.incrementAndGet();
            told.put(Optional.of(new Told(event, heard)));
            return !leftBehind;
        }

        void leaveBehind() {
            leftBehind = true;
        }

        void end() {
            told.put(Optional.empty());
        }

        private void listen() {
            while (true) {
                Optional<Told> next;
                try {
                    next = told.poll(FOR_EVER);
                } catch (InterruptedException e) {
                    // Only the listener itself can have left that behind.
                    continue;
                }
                if (next == null) {
                    continue;
                }
                if (next.isEmpty()) {
                    return;
                }
                try {
                    listener.on(next.get().event());
                } catch (Throwable t) {
                    // An Error too: that it lacks a class for one event says nothing of the next.
                    log.warn("A listener failed; the run goes on", t);
                }
                if (behind.decrementAndGet() == 0) {
                    leftBehind = false;
                }
                next.get().heard().put(this);
            }
        }
    }
}
