package io.drkit.core.event;

import java.time.Instant;
import java.util.Collection;
import java.util.List;

/** How a console is written to. Never called by two threads at once. */
interface ConsoleView {
    /** A line that stays. */
    void line(Instant at, Terminal.Tone tone, String text);

    /** The report's lines, the last of the run. */
    void ending(Terminal.Tone tone, List<String> lines);

    /**
     * How things stand now.
     *
     * @param running the steps at work
     * @param status how the whole run stands
     * @param urgent whether the change is more than a little more progress
     */
    void standing(Instant now, Collection<StepLine> running, String status, boolean urgent);
}
