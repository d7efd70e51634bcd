/** Whether a plan could be run today: its own steps assessed now, and standing checks. Unknown is never green. */
@NullMarked
package io.drkit.core.readiness;

import org.jspecify.annotations.NullMarked;
