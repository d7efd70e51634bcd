/** What a recovery consists of: named steps over two sites, as an immutable value. */
@NullMarked
package io.drkit.core.plan;

import org.jspecify.annotations.NullMarked;
