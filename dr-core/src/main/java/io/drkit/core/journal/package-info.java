/** What a run intends and has done, written down before and after, so that another process can go on. */
@NullMarked
package io.drkit.core.journal;

import org.jspecify.annotations.NullMarked;
