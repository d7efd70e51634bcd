package io.drkit.core.lease;

/** Whether a node is there, as another one sees it: by what it writes, on the observer's own monotonic time. */
public enum Presence {
    /** It has written within its ttl. */
    FRESH,
    /** It has written nothing for its ttl: it has left, is stopped, or cannot reach the store. */
    STALE,
    /** It has not been watched for long enough, or the store could not be read of late. */
    UNKNOWN
}
