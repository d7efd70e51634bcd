package io.drkit.k8s;

import io.drkit.core.dns.DnsSwitcher;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.dns.DnsSwitcherContract;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.k8s.TestCluster;
import io.fabric8.kubernetes.api.model.Service;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;

abstract class KubernetesDnsSwitcherContractTest extends DnsSwitcherContract {
    private final Clockwork clockwork = Clockwork.system();
    private final TestCluster cluster = cluster("west");

    /** A fresh cluster at that site. */
    protected abstract TestCluster cluster(String site);

    @AfterEach
    void close() {
        cluster.close();
    }

    @Override
    protected String name() {
        return "database";
    }

    @Override
    protected Clockwork clockwork() {
        return clockwork;
    }

    @Override
    protected DnsSwitcher switcher() {
        return KubernetesDnsSwitcher.of(cluster.client(), cluster.namespace())
                .askedThrough((service, namespace) -> cluster.lookup(namespace, service));
    }

    @Override
    protected void record(String name, String target) throws InterruptedException {
        cluster.alias(cluster.namespace(), name, target);
        while (cluster.lookup(cluster.namespace(), name).isEmpty()) {
            clockwork.sleep(Duration.ofMillis(10));
        }
    }

    @Override
    protected void changeByHand(String name, String target) {
        cluster.aliasByHand(cluster.namespace(), name, target);
    }

    @Override
    protected void loseNextAnswer() {
        cluster.faults().next("PATCH", Fault.answerLost());
    }

    @Override
    protected void loseNextRequest() {
        cluster.faults().next("PATCH", Fault.requestLost());
    }

    @Override
    protected Fault.Late holdNextRequest() {
        Fault.Late late = Fault.late();
        cluster.faults().next("PATCH", late);
        return late;
    }

    @Override
    protected void makeUnreadable(boolean unreadable) {
        cluster.faults().every("GET services", Fault.refused(503));
    }

    @Override
    protected Optional<String> stored(String name) {
        return service(name).map(service -> service.getSpec().getExternalName());
    }

    @Override
    protected Optional<String> answered(String name) {
        return cluster.lookup(cluster.namespace(), name);
    }

    @Override
    protected void holdAnswers() {
        cluster.dnsFollowsAfter(Duration.ofHours(1));
    }

    @Override
    protected String fingerprint(String name) {
        return service(name).orElseThrow().getMetadata().getResourceVersion();
    }

    private Optional<Service> service(String name) {
        return Optional.ofNullable(cluster.client()
                .services()
                .inNamespace(cluster.namespace())
                .withName(name)
                .get());
    }
}
