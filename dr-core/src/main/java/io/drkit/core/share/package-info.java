/** Making one file tree equal another. */
@NullMarked
package io.drkit.core.share;

import org.jspecify.annotations.NullMarked;
