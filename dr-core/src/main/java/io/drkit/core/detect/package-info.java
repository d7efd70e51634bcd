/** Whether the active site is out: probes, observers, a quorum of them, and what is done about it. */
@NullMarked
package io.drkit.core.detect;

import org.jspecify.annotations.NullMarked;
