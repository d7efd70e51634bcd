package io.drkit.testkit.junit;

import io.drkit.core.run.PlanRunner;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.time.VirtualClockwork;
import java.lang.reflect.Method;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/**
 * Runs each test of a class on virtual time: an hour of waiting costs nothing, and the same seed gives the same run. Register it
 * as a field of the instance, and make the test's world on its clockwork:
 *
 * <pre>{@code
 * class ShopPlanTest {
 *     @RegisterExtension
 *     final DrKitExtension drkit = DrKitExtension.seeded(42);
 *
 *     final FakeWorkloads west = FakeWorkloads.on(drkit.clockwork());
 *
 *     @Test
 *     void switchover_healthySites_succeeds() throws Exception {
 *         RunReport report = drkit.runner().build().run(plan, SiteSwitch.switchoverFrom(west).to(east));
 *         DrKitAssertions.assertThat(report).succeeded().lostNothing();
 *     }
 * }
 * }</pre>
 *
 * <p>Test methods and {@code @BeforeEach} and {@code @AfterEach} methods run as tasks of the clockwork, one after the other. A test
 * that fails carries, as a suppressed exception, the seed and the virtual time at which it failed; to run everything under another
 * seed, set the system property {@code drkit.seed}. A static field would share one clockwork among all tests of the class, and is
 * refused.
 */
public final class DrKitExtension implements InvocationInterceptor, AfterEachCallback {
    /** The system property that replaces every seed. */
    public static final String SEED = "drkit.seed";

    private final long seed;
    private final VirtualClockwork clockwork;
    private final InMemoryJournalStore journals = new InMemoryJournalStore();
    private boolean over;

    private DrKitExtension(long seed) {
        this.seed = seed;
        this.clockwork = VirtualClockwork.seeded(seed);
    }

    /** Virtual time under that seed, unless the system property {@code drkit.seed} names another one. */
    public static DrKitExtension seeded(long seed) {
        return new DrKitExtension(Long.getLong(SEED, seed));
    }

    /** The test's time; make fakes on it. */
    public VirtualClockwork clockwork() {
        return clockwork;
    }

    /** The test's journals. */
    public InMemoryJournalStore journals() {
        return journals;
    }

    /** A new builder of a runner on the test's time, with the test's journals; each runner is like a process of its own. */
    public PlanRunner.Builder runner() {
        return PlanRunner.journalingTo(journals).clockwork(clockwork);
    }

    @Override
    public void interceptBeforeEachMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        onVirtualTime(invocation);
    }

    @Override
    public void interceptTestMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        onVirtualTime(invocation);
    }

    @Override
    public void interceptTestTemplateMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        onVirtualTime(invocation);
    }

    @Override
    public void interceptAfterEachMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        onVirtualTime(invocation);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        over = true;
        clockwork.close();
    }

    private void onVirtualTime(Invocation<Void> invocation) throws Exception {
        if (over) {
            throw new IllegalStateException(
                    "A DrKitExtension is for one test alone: register it as a field that is not static");
        }
        try {
            clockwork.run(() -> {
                try {
                    invocation.proceed();
                } catch (Exception | Error e) {
                    throw e;
                } catch (Throwable e) {
                    throw new AssertionError(e);
                }
            });
        } catch (Exception | Error e) {
            e.addSuppressed(new OnVirtualTime("on virtual time, " + clockwork.elapsed() + " after the beginning, seed "
                    + seed + "; the same seed repeats it, -D" + SEED + "=… tries another"));
            throw e;
        }
    }

    /** Where and when a test failed. */
    private static final class OnVirtualTime extends Exception {
        private static final long serialVersionUID = 1L;

        OnVirtualTime(String message) {
            super(message, null, false, false);
        }
    }
}
