/** A zone with caching resolvers in memory, and the contract of every DNS switcher. */
@NullMarked
package io.drkit.testkit.dns;

import org.jspecify.annotations.NullMarked;
