/** What must hold of both sites while a run changes them, whatever the run wants. */
@NullMarked
package io.drkit.core.safety;

import org.jspecify.annotations.NullMarked;
