/** What recovery plans are tested with: fakes, real components, virtual time and contract tests. */
@NullMarked
package io.drkit.testkit;

import org.jspecify.annotations.NullMarked;
