/** What a run tells while it goes on. */
@NullMarked
package io.drkit.core.event;

import org.jspecify.annotations.NullMarked;
