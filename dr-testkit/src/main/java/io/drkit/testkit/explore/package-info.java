/** Every schedule of a small scenario, tried one by one: which of its machines goes first at each place, and what goes wrong there. */
@NullMarked
package io.drkit.testkit.explore;

import org.jspecify.annotations.NullMarked;
