package io.drkit.core.safety;

import java.util.Objects;

/** What a {@link SafetyRule} concludes. Only {@link Holds} is good: what cannot be known keeps a run from going on. */
public sealed interface SafetyFinding {
    /** For a person. */
    String why();

    /**
     * It holds.
     *
     * @param why what shows it
     */
    record Holds(String why) implements SafetyFinding {
        public Holds {
            Objects.requireNonNull(why, "why");
        }
    }

    /**
     * It does not hold, or would not any more.
     *
     * @param why what breaks it
     */
    record Broken(String why) implements SafetyFinding {
        public Broken {
            Objects.requireNonNull(why, "why");
        }
    }

    /**
     * Nobody can tell.
     *
     * @param why what stands in the way of knowing
     */
    record Unknown(String why) implements SafetyFinding {
        public Unknown {
            Objects.requireNonNull(why, "why");
        }
    }

    static SafetyFinding holds(String why) {
        return new Holds(why);
    }

    static SafetyFinding broken(String why) {
        return new Broken(why);
    }

    static SafetyFinding unknown(String why) {
        return new Unknown(why);
    }
}
