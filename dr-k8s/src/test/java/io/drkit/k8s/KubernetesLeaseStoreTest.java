package io.drkit.k8s;

import io.drkit.core.lease.LeaseStore;
import io.drkit.testkit.k8s.TestCluster;
import io.drkit.testkit.lease.LeadershipContract;
import io.drkit.testkit.lease.LeaseStoreContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

abstract class KubernetesLeaseStoreTest extends LeaseStoreContract {
    protected final TestCluster cluster = cluster("west");

    /** A fresh cluster at that site. */
    protected abstract TestCluster cluster(String site);

    @AfterEach
    void close() {
        cluster.close();
    }

    @Override
    protected LeaseStore store() {
        return KubernetesLeaseStore.of(cluster.client(), cluster.namespace());
    }

    @Override
    protected void delete(String name) {
        cluster.client()
                .leases()
                .inNamespace(cluster.namespace())
                .withName(name)
                .delete();
    }

    @Tag("harness")
    @Execution(ExecutionMode.CONCURRENT)
    @Nested
    class Leaders extends LeadershipContract {
        @Override
        protected LeaseStore store() {
            return KubernetesLeaseStoreTest.this.store();
        }

        @Override
        protected void delete(String name) {
            KubernetesLeaseStoreTest.this.delete(name);
        }
    }
}
