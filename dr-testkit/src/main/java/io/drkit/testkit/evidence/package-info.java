/** Figures that the code which measures them writes, so that a build can check them. */
@NullMarked
package io.drkit.testkit.evidence;

import org.jspecify.annotations.NullMarked;
