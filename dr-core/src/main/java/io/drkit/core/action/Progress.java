package io.drkit.core.action;

import java.util.Objects;
import java.util.OptionalLong;

/**
 * How far long work has come.
 *
 * @param what what is being done or waited for, for example {@code copying files}
 * @param done how many units are done
 * @param total of how many; empty when not known yet
 * @param unit for example {@code files}, {@code bytes}, {@code pods}; bytes are shown as KiB, MiB …
 */
public record Progress(String what, long done, OptionalLong total, String unit) {
    public Progress {
        Objects.requireNonNull(what, "what");
        Objects.requireNonNull(total, "total");
        Objects.requireNonNull(unit, "unit");
        if (done < 0) {
            throw new IllegalArgumentException("done is 0 or more, not " + done);
        }
    }

    /** Progress towards a known total. */
    public static Progress of(String what, long done, long total, String unit) {
        return new Progress(what, done, OptionalLong.of(total), unit);
    }

    /** Progress towards an end that is not known yet. */
    public static Progress openEnded(String what, long done, String unit) {
        return new Progress(what, done, OptionalLong.empty(), unit);
    }
}
