/** Journals for tests, and the rules that every journal keeps. */
@NullMarked
package io.drkit.testkit.journal;

import org.jspecify.annotations.NullMarked;
