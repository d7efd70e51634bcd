/** AssertJ assertions on reports and previews, whose failures name the likely mistake. */
@NullMarked
package io.drkit.testkit.assertions;

import org.jspecify.annotations.NullMarked;
