/** Measures what DRKit itself costs. */
@NullMarked
package io.drkit.samples.benchmarks;

import org.jspecify.annotations.NullMarked;
