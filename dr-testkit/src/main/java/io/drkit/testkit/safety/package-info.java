/** The contract of safety rules. */
@NullMarked
package io.drkit.testkit.safety;

import org.jspecify.annotations.NullMarked;
