package io.drkit.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.drkit.core.BlockedException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.action.HeldEpoch;
import io.drkit.core.dns.DnsStatus;
import io.drkit.core.dns.DnsSwitcher;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.action.RunContext;
import io.drkit.testkit.k8s.TestCluster;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What is particular to Kubernetes; the rest is in the contract. */
abstract class KubernetesDnsSwitcherTest {
    private final Clockwork clockwork = Clockwork.system();
    private final TestCluster cluster = cluster("west");
    private final KubernetesDnsSwitcher switcher = KubernetesDnsSwitcher.of(cluster.client(), cluster.namespace());

    /** A fresh cluster at that site. */
    protected abstract TestCluster cluster(String site);

    @AfterEach
    void close() {
        cluster.close();
    }

    private Assessment preview(String name, String target) throws InterruptedException {
        return ActionExecutor.on(clockwork).preview(switcher.pointTo(name, target));
    }

    @Test
    void pointTo_serviceOfAnotherType_isBlocked() throws InterruptedException {
        cluster.client()
                .resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withNamespace(cluster.namespace())
                        .withName("web")
                        .endMetadata()
                        .withNewSpec()
                        .withType("ClusterIP")
                        .addNewPort()
                        .withPort(80)
                        .endPort()
                        .endSpec()
                        .build())
                .create();

        assertThat(preview("web", "db.east.example.com"))
                .isInstanceOfSatisfying(
                        Assessment.Blocked.class,
                        blocked -> assertThat(blocked.why()).contains("ClusterIP"));
        assertThatExceptionOfType(BlockedException.class).isThrownBy(() -> switcher.status("web"));
    }

    @Test
    void pointTo_address_isBlocked() throws InterruptedException {
        cluster.alias(cluster.namespace(), "database", "db.west.example.com");

        assertThat(preview("database", "10.0.0.7")).isInstanceOf(Assessment.Blocked.class);
        assertThat(preview("database", "2001:db8::1")).isInstanceOf(Assessment.Blocked.class);
    }

    @Test
    void pointTo_sameHostInOtherLetters_isDone() throws InterruptedException {
        cluster.alias(cluster.namespace(), "database", "db.west.example.com");

        assertThat(preview("database", "DB.west.example.com.")).isInstanceOf(Assessment.Done.class);
    }

    @Test
    @DisplayName("F5: for how long caches go on with the old host is recorded as not known")
    void pointTo_recordsThatTheResidualIsNotKnown() throws InterruptedException {
        cluster.alias(cluster.namespace(), "database", "db.west.example.com");
        RunContext context = RunContext.of(clockwork, Epoch.NONE);

        ActionExecutor.on(clockwork)
                .execute(switcher.pointTo("database", "db.east.example.com"), context, ActionExecutor.Watcher.NONE);

        assertThat(context.recorded(DnsSwitcher.RESIDUAL_FACT)).contains(DnsSwitcher.RESIDUAL_UNKNOWN);
    }

    @Test
    @DisplayName("F3: the action tells the epoch on the Service")
    void heldEpoch_afterAChange_isThatOfTheChange() throws InterruptedException {
        cluster.alias(cluster.namespace(), "database", "db.west.example.com");
        RunContext looking = RunContext.of(clockwork, Epoch.NONE);
        HeldEpoch held =
                switcher.pointTo("database", "db.west.example.com").heldEpoch().orElseThrow();
        assertThat(held.read(looking)).isEmpty();
        ActionExecutor.on(clockwork)
                .execute(
                        switcher.pointTo("database", "db.east.example.com"),
                        RunContext.of(clockwork, new Epoch(7)),
                        ActionExecutor.Watcher.NONE);
        assertThat(held.read(looking)).contains(new Epoch(7));
    }

    @Test
    @DisplayName("A9: a DNS server that does not answer keeps it from being done, not from being written")
    void pointTo_lookupFails_isWrittenAndNotDone() throws InterruptedException {
        cluster.alias(cluster.namespace(), "database", "db.west.example.com");
        DnsSwitcher asking = switcher.withPolicy(ExecutionPolicy.builder()
                        .timeout(Duration.ofSeconds(1))
                        .attempts(2)
                        .build())
                .askedThrough((service, namespace) -> {
                    throw new UnknownOutcomeException(
                            "test.no-answer",
                            Problem.expected("an answer").found("none").remedy("wait for the DNS server"));
                });

        assertThatExceptionOfType(UnknownOutcomeException.class)
                .isThrownBy(
                        () -> ActionExecutor.on(clockwork).execute(asking.pointTo("database", "db.east.example.com")));

        assertThat(switcher.status("database").target()).isEqualTo("db.east.example.com");
    }

    @Test
    @DisplayName("A9: without a lookup it says that the cluster's DNS was not asked")
    void pointTo_noLookup_doesNotClaimAnAnswer() throws InterruptedException {
        cluster.alias(cluster.namespace(), "database", "db.west.example.com");

        Assessment.Done done =
                ActionExecutor.on(clockwork).execute(switcher.pointTo("database", "db.east.example.com"));

        assertThat(done.because()).contains("not asked");
        DnsStatus status = switcher.status("database");
        assertThat(status.target()).isEqualTo("db.east.example.com");
        assertThat(status.answered()).isEmpty();
        assertThat(status.residual()).isEmpty();
    }
}
