/** A fake store of snapshots, and what every store promises. */
@NullMarked
package io.drkit.testkit.snapshot;

import org.jspecify.annotations.NullMarked;
