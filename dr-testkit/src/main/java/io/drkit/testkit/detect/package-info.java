/** The contracts of what detects an outage. */
@NullMarked
package io.drkit.testkit.detect;

import org.jspecify.annotations.NullMarked;
