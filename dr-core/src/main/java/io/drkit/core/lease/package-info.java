/** Leases and leadership: who may act, for how long, and under which epoch. */
@NullMarked
package io.drkit.core.lease;

import org.jspecify.annotations.NullMarked;
