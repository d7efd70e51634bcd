/** A real PostgreSQL primary and standby with streaming replication, started by a test on the machine it runs on. */
@NullMarked
package io.drkit.testkit.postgres;

import org.jspecify.annotations.NullMarked;
