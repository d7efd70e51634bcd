/** Workloads in memory, and the contract of every workload scaler. */
@NullMarked
package io.drkit.testkit.workload;

import org.jspecify.annotations.NullMarked;
