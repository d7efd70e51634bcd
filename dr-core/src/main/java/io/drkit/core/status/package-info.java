/** How recovery stands, as a value, as a page and as JSON. */
@NullMarked
package io.drkit.core.status;

import org.jspecify.annotations.NullMarked;
