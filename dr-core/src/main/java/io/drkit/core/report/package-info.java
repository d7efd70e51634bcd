/** What a run did, how long it took, and what was lost. */
@NullMarked
package io.drkit.core.report;

import org.jspecify.annotations.NullMarked;
