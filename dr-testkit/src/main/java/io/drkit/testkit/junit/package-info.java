/** A JUnit extension for tests on virtual time. */
@NullMarked
package io.drkit.testkit.junit;

import org.jspecify.annotations.NullMarked;
