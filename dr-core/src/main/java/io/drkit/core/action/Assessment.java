package io.drkit.core.action;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** What an {@link Action} concludes from what it observed. */
public sealed interface Assessment {
    /**
     * The world is already as wanted.
     *
     * @param because what shows it, for example {@code 0 of 0 pods left}
     */
    record Done(String because) implements Assessment {
        public Done {
            Objects.requireNonNull(because, "because");
        }
    }

    /**
     * Something must be changed.
     *
     * @param changes what will change, a line each, for a person who previews it
     */
    record Needed(List<String> changes) implements Assessment {
        public Needed {
            changes = List.copyOf(changes);
            if (changes.isEmpty()) {
                throw new IllegalArgumentException("A needed change must say what will change");
            }
        }
    }

    /**
     * The change has been accepted and is under way: nothing is to be applied, only waited for. It keeps an operation that
     * another process started from being started twice.
     *
     * @param waitingFor what is being waited for, for example {@code 2 pods of runtime to end}
     * @param lookAgainIn how long there is nothing new to be seen, as whoever does the work says; empty when it does not. It is
     *     observed again after that or the poll interval of the action's policy, whichever is longer, and at the end of the
     *     action's time
     */
    record Underway(String waitingFor, Optional<Duration> lookAgainIn) implements Assessment {
        public Underway {
            Objects.requireNonNull(waitingFor, "waitingFor");
            if (lookAgainIn.filter(Duration::isNegative).isPresent()) {
                throw new IllegalArgumentException("one looks again in zero or more, not " + lookAgainIn.get());
            }
        }

        /** Nobody says when to look again. */
        public Underway(String waitingFor) {
            this(waitingFor, Optional.empty());
        }
    }

    /**
     * It must not or cannot be done as things are.
     *
     * @param why what stands in the way
     * @param remedy what a person can do
     */
    record Blocked(String why, String remedy) implements Assessment {
        public Blocked {
            Objects.requireNonNull(why, "why");
            Objects.requireNonNull(remedy, "remedy");
        }
    }

    static Assessment done(String because) {
        return new Done(because);
    }

    static Assessment needed(String... changes) {
        return new Needed(List.of(changes));
    }

    static Assessment underway(String waitingFor) {
        return new Underway(waitingFor);
    }

    /** As {@link #underway(String)}; there is nothing new to be seen before {@code lookAgainIn} has passed. */
    static Assessment underway(String waitingFor, Duration lookAgainIn) {
        return new Underway(waitingFor, Optional.of(lookAgainIn));
    }

    static Assessment blocked(String why, String remedy) {
        return new Blocked(why, remedy);
    }
}
