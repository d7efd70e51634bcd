/** Time, sleep, randomness and threads, from one injected source. */
@NullMarked
package io.drkit.core.time;

import org.jspecify.annotations.NullMarked;
