package io.drkit.testkit.postgres;

/** A process of a server that can be paused alone. */
public enum ServerPart {
    /** Replays the log on a standby. */
    STARTUP("startup"),
    /** Receives the log on a standby. */
    WAL_RECEIVER("walreceiver"),
    /** Sends the log to a standby. */
    WAL_SENDER("walsender"),
    /** Writes checkpoints. */
    CHECKPOINTER("checkpointer");

    private final String backendType;

    ServerPart(String backendType) {
        this.backendType = backendType;
    }

    /** Its name in {@code pg_stat_activity}. */
    String backendType() {
        return backendType;
    }
}
