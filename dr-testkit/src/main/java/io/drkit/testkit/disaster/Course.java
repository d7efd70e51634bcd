package io.drkit.testkit.disaster;

import java.time.Duration;
import java.util.List;

/**
 * How an undisturbed run goes: what can be disturbed in it.
 *
 * @param lasts from when the operators begin until they are done
 * @param busy when something was changed or written in that time, counted from its beginning
 * @param asks how many calls asked something
 * @param changes how many calls changed something
 * @param entries how many entries the journal was given
 * @param moments at how many moments the process could have died
 */
record Course(Duration lasts, List<Duration> busy, int asks, int changes, int entries, int moments) {
    Course {
        busy = List.copyOf(busy);
    }
}
