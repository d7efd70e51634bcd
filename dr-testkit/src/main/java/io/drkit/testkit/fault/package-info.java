/** Faults as values, and the schedule by which fakes and simulators meet them. */
@NullMarked
package io.drkit.testkit.fault;

import org.jspecify.annotations.NullMarked;
