/** Running a plan: preview, run, resume. */
@NullMarked
package io.drkit.core.run;

import org.jspecify.annotations.NullMarked;
