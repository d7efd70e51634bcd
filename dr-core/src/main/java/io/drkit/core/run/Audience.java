package io.drkit.core.run;

import io.drkit.core.event.RunEvent;
import io.drkit.core.event.RunListener;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Those who are told what happens in a run, each on a task of its own: whoever tells them waits for none of them, and none of them
 * for another. A console that somebody has stopped must not stop a recovery. Thread-safe.
 */
final class Audience {
    private static final Logger log = LoggerFactory.getLogger(Audience.class);
    /** How long all of them together may take to hear the rest when the run has ended. */
    private static final Duration HEARS_THE_END_WITHIN = Duration.ofSeconds(10);
    /** Whoever is that many events behind is spared the next that only say how far something has come. */
    private static final int BEHIND = 1_000;
    /** Nothing wakes it but an event. */
    private static final Duration FOR_EVER = Duration.ofDays(365);

    private final Clockwork clockwork;
    private final List<Listening> all = new ArrayList<>();

    Audience(List<RunListener> listeners, Clockwork clockwork) {
        this.clockwork = clockwork;
        listeners.forEach(listener -> all.add(new Listening(listener, clockwork)));
    }

    /** Never blocks. */
    void tell(RunEvent event) {
        all.forEach(listening -> listening.tell(event));
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

    private static final class Listening {
        private final RunListener listener;
        /** Empty at the end. */
        private final Mailbox<Optional<RunEvent>> events;

        private final AtomicInteger behind = new AtomicInteger();
        private final Task task;

        Listening(RunListener listener, Clockwork clockwork) {
            this.listener = listener;
            this.events = clockwork.mailbox();
            this.task = clockwork.start("drkit listener", this::listen);
        }

        void tell(RunEvent event) {
            if (event instanceof RunEvent.StepProgressed && behind.get() >= BEHIND) {
                return;
            }
            behind.incrementAndGet();
            events.put(Optional.of(event));
        }

        void end() {
            events.put(Optional.empty());
        }

        private void listen() {
            while (true) {
                Optional<RunEvent> event;
                try {
                    event = events.poll(FOR_EVER);
                } catch (InterruptedException e) {
                    // Only the listener itself can have left that behind.
                    continue;
                }
                if (event == null) {
                    continue;
                }
                if (event.isEmpty()) {
                    return;
                }
                try {
                    listener.on(event.get());
                } catch (Throwable t) {
                    // An Error too: that it lacks a class for one event says nothing of the next.
                    log.warn("A listener failed; the run goes on", t);
                }
                behind.decrementAndGet();
            }
        }
    }
}
