package io.drkit.testkit.time;

import java.lang.reflect.Method;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/** Runs each test method as a task of one virtual clockwork, so that its waits cost nothing and its schedule repeats. */
public final class OnVirtualTime implements InvocationInterceptor, AfterEachCallback {
    private final VirtualClockwork clockwork = VirtualClockwork.seeded(42);

    public VirtualClockwork clockwork() {
        return clockwork;
    }

    @Override
    public void interceptTestMethod(
            Invocation<Void> invocation,
            ReflectiveInvocationContext<Method> invocationContext,
            ExtensionContext extensionContext)
            throws Exception {
        clockwork.run(() -> {
            try {
                invocation.proceed();
            } catch (Exception | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        });
    }

    @Override
    public void afterEach(ExtensionContext context) {
        clockwork.close();
    }
}
