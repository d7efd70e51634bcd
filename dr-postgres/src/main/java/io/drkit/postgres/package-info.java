/** The DRKit replica promoter for PostgreSQL streaming replication, over JDBC. */
@NullMarked
package io.drkit.postgres;

import org.jspecify.annotations.NullMarked;
