package io.drkit.testkit.explore;

import java.util.OptionalLong;

/**
 * What is asked of something that machines share.
 *
 * @param what tells it from every other request; empty where that cannot be said
 * @param reads whether it changes nothing
 */
record Request(OptionalLong what, boolean reads) {
    static final Request UNKNOWN = new Request(OptionalLong.empty(), false);
}
