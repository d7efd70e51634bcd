/** What every package shares: sites, epochs, data loss, and the one root of all errors. */
@NullMarked
package io.drkit.core;

import org.jspecify.annotations.NullMarked;
