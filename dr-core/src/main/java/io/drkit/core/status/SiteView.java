package io.drkit.core.status;

import java.util.Objects;

/**
 * A site and what it is now.
 *
 * @param name its name
 * @param role what it is
 * @param detail what shows it, or more about it; may be empty, never a secret
 */
public record SiteView(String name, Role role, String detail) {
    /** What a site is. */
    public enum Role {
        /** It serves. */
        ACTIVE,
        /** It stands by. */
        STANDBY,
        /** It takes no part, such as one that is cut off or being mended. */
        OUT,
        /** It could not be asked: it may be anything. */
        UNKNOWN
    }

    public SiteView {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(detail, "detail");
    }
}
