/** What drives actions in tests. */
@NullMarked
package io.drkit.testkit.action;

import org.jspecify.annotations.NullMarked;
