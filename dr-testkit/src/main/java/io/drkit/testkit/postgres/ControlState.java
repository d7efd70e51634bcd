package io.drkit.testkit.postgres;

/**
 * What a server's control file says of it; true also when the server does not run. The numbers are those of {@code DBState} in
 * PostgreSQL's {@code catalog/pg_control.h}, versions 12 to 18.
 */
public enum ControlState {
    /** A new data directory that was never started. */
    STARTING_UP,
    /** A primary that was stopped cleanly. */
    SHUT_DOWN,
    /** A standby that was stopped cleanly. */
    SHUT_DOWN_IN_RECOVERY,
    /** It is being stopped, or crashed then. */
    SHUTTING_DOWN,
    /** It replays its own log after a crash. */
    IN_CRASH_RECOVERY,
    /** A standby that runs, or crashed. */
    IN_ARCHIVE_RECOVERY,
    /** A primary that runs, or crashed. */
    IN_PRODUCTION
}
