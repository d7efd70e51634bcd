/** The one contract under everything: observe, assess, apply, verify. */
@NullMarked
package io.drkit.core.action;

import org.jspecify.annotations.NullMarked;
