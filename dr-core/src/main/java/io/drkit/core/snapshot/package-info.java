/** Which snapshots to keep, which to drop, and when the next is due. */
@NullMarked
package io.drkit.core.snapshot;

import org.jspecify.annotations.NullMarked;
