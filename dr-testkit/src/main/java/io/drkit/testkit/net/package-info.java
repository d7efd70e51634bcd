/** Faults on real network connections. */
@NullMarked
package io.drkit.testkit.net;

import org.jspecify.annotations.NullMarked;
