/** Virtual time: the real code, run on real threads one at a time, in an order and with waits that a seed decides. */
@NullMarked
package io.drkit.testkit.time;

import org.jspecify.annotations.NullMarked;
