package io.drkit.testkit.k8s;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives JUnit 5 tests real Kubernetes control planes, a site each: by default {@code west} and {@code east}.
 *
 * <p>A control plane is started when a test first asks for its site, serves every test class of the run, and ends with the run, so
 * that its start is paid once. Each {@link #cluster} is a namespace of its own, which is removed after the test on whose thread it was
 * asked for; one that another thread asked for is removed after the class. Tests may therefore run beside each other. Where the programs of
 * a control plane are missing, the test classes are skipped, and one line says what is missing and how to get it.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final ControlPlaneExtension SITES = new ControlPlaneExtension();
 *
 * private final RealCluster west = SITES.cluster("west");
 * private final RealCluster east = SITES.cluster("east");
 * }</pre>
 *
 * <p>The field must be static, since the condition to skip is about the class.
 */
public final class ControlPlaneExtension
        implements ExecutionCondition, BeforeAllCallback, AfterEachCallback, AfterAllCallback {
    private static final Logger log = LoggerFactory.getLogger(ControlPlaneExtension.class);
    private static final Namespace SHARED = Namespace.create(ControlPlaneExtension.class);

    private final List<String> sites;
    private final Map<RealCluster, Thread> lent = new ConcurrentHashMap<>();
    private volatile @Nullable Store store;

    /** The sites {@code west} and {@code east}. */
    public ControlPlaneExtension() {
        this("west", "east");
    }

    /** Sites of other names; each costs the start of a control plane. */
    public ControlPlaneExtension(String... sites) {
        this.sites = List.of(sites);
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        Optional<String> missing = ControlPlane.missing();
        if (missing.isEmpty()) {
            return ConditionEvaluationResult.enabled("the programs of a control plane are there");
        }
        AtomicBoolean told = context.getRoot()
                .getStore(SHARED)
                .getOrComputeIfAbsent("told", key -> new AtomicBoolean(), AtomicBoolean.class);
        if (told.compareAndSet(false, true)) {
            log.warn("Tests are skipped. {}", missing.get());
        }
        return ConditionEvaluationResult.disabled(missing.get());
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        store = context.getRoot().getStore(SHARED);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        takeBack(thread -> thread == Thread.currentThread());
    }

    @Override
    public void afterAll(ExtensionContext context) {
        // a nested class ends while others of its outer class may still run
        if (!context.getRequiredTestClass().isAnnotationPresent(Nested.class)) {
            takeBack(thread -> true);
        }
    }

    private void takeBack(Predicate<Thread> from) {
        for (Map.Entry<RealCluster, Thread> loan : List.copyOf(lent.entrySet())) {
            if (from.test(loan.getValue())) {
                lent.remove(loan.getKey());
                loan.getKey().close();
            }
        }
    }

    /** The control plane of a site, started now if no test has asked for it yet; not to be closed by the test. */
    public ControlPlane plane(String site) {
        if (!sites.contains(site)) {
            throw new IllegalArgumentException("The sites are " + sites + ", not " + site);
        }
        Store shared = store;
        if (shared == null) {
            throw new IllegalStateException(
                    "Control planes are for tests of a class with a static field: @RegisterExtension static final ...");
        }
        return shared.getOrComputeIfAbsent("plane-" + site, key -> start(site), ControlPlane.class);
    }

    /** A namespace of its own on a site, closed after the test. */
    public RealCluster cluster(String site) {
        try {
            RealCluster cluster = plane(site).cluster();
            lent.put(cluster, Thread.currentThread());
            return cluster;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }

    private static ControlPlane start(String site) {
        try {
            return ControlPlane.named(site).start();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException("The control plane of " + site + " did not start", e);
        }
    }
}
