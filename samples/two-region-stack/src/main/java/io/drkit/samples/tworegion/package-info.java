/**
 * A stack in two regions: a Kubernetes cluster, a database server and a file share on each side, and the plan that moves the whole of
 * it from one to the other.
 *
 * <p>To copy: {@link io.drkit.samples.tworegion.ShopPlan} and {@link io.drkit.samples.tworegion.ShopSite}. The rest plays the
 * regions and their users on one machine.
 */
@NullMarked
package io.drkit.samples.tworegion;

import org.jspecify.annotations.NullMarked;
