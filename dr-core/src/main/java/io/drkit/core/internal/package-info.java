/** What core's packages share and nobody else uses: it changes without notice. */
@NullMarked
package io.drkit.core.internal;

import org.jspecify.annotations.NullMarked;
