/** Promoting a database replica: switchover, failover, rejoin. */
@NullMarked
package io.drkit.core.replica;

import org.jspecify.annotations.NullMarked;
