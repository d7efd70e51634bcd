/** Readiness and runs as Micrometer's meters. Needs {@code io.micrometer:micrometer-core}, which the application brings. */
@NullMarked
package io.drkit.core.metrics;

import org.jspecify.annotations.NullMarked;
