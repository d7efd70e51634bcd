/** Scaling workloads to zero and back. */
@NullMarked
package io.drkit.core.workload;

import org.jspecify.annotations.NullMarked;
