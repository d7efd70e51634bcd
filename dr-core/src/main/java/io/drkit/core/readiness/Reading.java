package io.drkit.core.readiness;

/**
 * Reads something from where it stands. It does not answer from memory: what cannot be read now is thrown, and counts as unknown.
 */
@FunctionalInterface
public interface Reading<T> {
    /** As it stands now. */
    T read() throws Exception;
}
