package io.drkit.core.readiness;

import java.util.Objects;

/**
 * Something that one site has.
 *
 * @param site the site's name
 * @param has what it has, or what reads it
 */
public record Side<T>(String site, T has) {
    public Side {
        Objects.requireNonNull(site, "site");
        Objects.requireNonNull(has, "has");
    }

    /** Reads as a sentence: {@code Side.of("west", () -> west.images())}. */
    public static <T> Side<T> of(String site, T has) {
        return new Side<>(site, has);
    }
}
