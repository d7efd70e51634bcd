/** Disasters by the thousand, in a unit test: a simulated world of two sites in which an application's own plan is run. */
@NullMarked
package io.drkit.testkit.disaster;

import org.jspecify.annotations.NullMarked;
