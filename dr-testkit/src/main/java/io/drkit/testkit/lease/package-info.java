/** Leases for tests, and the rules that every lease store keeps. */
@NullMarked
package io.drkit.testkit.lease;

import org.jspecify.annotations.NullMarked;
