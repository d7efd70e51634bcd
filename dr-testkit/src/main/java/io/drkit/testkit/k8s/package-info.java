/** A Kubernetes cluster for tests: a real API over real sockets, with simulated controllers and a simulated kubelet. */
@NullMarked
package io.drkit.testkit.k8s;

import org.jspecify.annotations.NullMarked;
