/** Clients that remember what was acknowledged to them, and the audit of what is really there. */
@NullMarked
package io.drkit.testkit.ledger;

import org.jspecify.annotations.NullMarked;
