package io.drkit.core.detect;

import java.util.Objects;

/** What a look at something found. Unknown is an answer of its own: it is neither healthy nor sick, and counts for neither. */
public sealed interface Health {
    /** In words, never a secret. */
    String why();

    /**
     * It works.
     *
     * @param why what shows it
     */
    record Healthy(String why) implements Health {
        public Healthy {
            Objects.requireNonNull(why, "why");
        }
    }

    /**
     * It does not work.
     *
     * @param why what shows it
     */
    record Sick(String why) implements Health {
        public Sick {
            Objects.requireNonNull(why, "why");
        }
    }

    /**
     * It could not be found out.
     *
     * @param why what stood in the way
     */
    record Unknown(String why) implements Health {
        public Unknown {
            Objects.requireNonNull(why, "why");
        }
    }

    static Health healthy(String why) {
        return new Healthy(why);
    }

    static Health sick(String why) {
        return new Sick(why);
    }

    static Health unknown(String why) {
        return new Unknown(why);
    }
}
