/** Leases in ZooKeeper. The one package of core that needs Apache Curator, which is an optional dependency. */
@NullMarked
package io.drkit.core.lease.zookeeper;

import org.jspecify.annotations.NullMarked;
