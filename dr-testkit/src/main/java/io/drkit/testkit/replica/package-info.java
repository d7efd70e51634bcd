/** Replicated databases in memory, and the contract test of every replica promoter. */
@NullMarked
package io.drkit.testkit.replica;

import org.jspecify.annotations.NullMarked;
