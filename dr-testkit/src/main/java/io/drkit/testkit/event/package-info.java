/** The contract of whoever listens to a run. */
@NullMarked
package io.drkit.testkit.event;

import org.jspecify.annotations.NullMarked;
