/** Pointing a name at the other site. */
@NullMarked
package io.drkit.core.dns;

import org.jspecify.annotations.NullMarked;
