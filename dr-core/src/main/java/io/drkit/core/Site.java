package io.drkit.core;

/**
 * One side of a recovery plan, such as a region.
 *
 * <p>An application declares its own type that says what a site is made of; DRKit asks only for a name:
 *
 * <pre>{@code
 * record ShopSite(String name, WorkloadScaler workloads, Path files) implements Site {}
 * }</pre>
 */
public interface Site {
    /** The site's name as people say it, for example {@code west}. Not blank, and unique within a plan's run. */
    String name();
}
