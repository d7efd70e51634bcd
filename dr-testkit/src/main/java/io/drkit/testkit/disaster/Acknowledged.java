package io.drkit.testkit.disaster;

import java.time.Duration;

/**
 * A write that was acknowledged to a client.
 *
 * @param at when
 * @param file whether it is a file on a share, or else a row in a database
 * @param id the row, or the file's path
 * @param version which content of the file, counted over all files; 0 for a row
 * @param by who wrote: a user and the name that it went by, or a workload
 * @param through the site whose pods took it
 * @param into the site whose database or share it went to
 */
public record Acknowledged(Duration at, boolean file, String id, int version, String by, String through, String into) {
    /** For people, for example {@code the row order 17 (through west, at 12.5 s)}. */
    public String line() {
        return "the " + (file ? "file " : "row ") + id + " (through " + through + ", at "
                + Timeline.stamp(at).strip() + ")";
    }
}
