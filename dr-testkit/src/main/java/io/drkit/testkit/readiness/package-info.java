/** The contracts of what looks whether a recovery is ready. */
@NullMarked
package io.drkit.testkit.readiness;

import org.jspecify.annotations.NullMarked;
