/** The DRKit primitives on Kubernetes, with the fabric8 client. */
@NullMarked
package io.drkit.k8s;

import org.jspecify.annotations.NullMarked;
