/** Fakes, faults and contract tests for file trees and their synchronisation. */
@NullMarked
package io.drkit.testkit.share;

import org.jspecify.annotations.NullMarked;
