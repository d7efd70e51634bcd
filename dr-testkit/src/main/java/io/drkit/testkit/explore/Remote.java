package io.drkit.testkit.explore;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A service whose methods are called on some way, and so are those of what it hands out. */
final class Remote implements InvocationHandler {
    private final Object service;
    private final int number;
    private final Shared shared;

    private Remote(Object service, int number, Shared shared) {
        this.service = service;
        this.number = number;
        this.shared = shared;
    }

    /** How a call gets there and back. */
    interface Way {
        @Nullable
        Object take(Request request, Stage.Effect<Object, Throwable> effect) throws Throwable;
    }

    /** What the service has in common with all that it hands out. */
    private record Shared(Way way, Set<String> reading, AtomicInteger handedOut) {}

    static <T> T of(Class<T> type, T service, Set<String> reading, Way way) {
        return of(type, service, 0, new Shared(way, reading, new AtomicInteger()));
    }

    private static <T> T of(Class<T> type, T service, int number, Shared shared) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, new Remote(service, number, shared)));
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
        if (method.getDeclaringClass() == Object.class) {
            return switch (method.getName()) {
                case "equals" -> arguments != null && proxy == arguments[0];
                case "hashCode" -> System.identityHashCode(proxy);
                default -> "remote " + service;
            };
        }
        Request request = new Request(
                Fingerprint.of(number, method.getName(), arguments), shared.reading.contains(method.getName()));
        return shared.way.take(request, () -> {
            try {
                Object answer = method.invoke(service, arguments);
                return answer instanceof AutoCloseable && method.getReturnType().isInterface()
                        ? handOut(method.getReturnType(), answer)
                        : answer;
            } catch (InvocationTargetException e) {
                throw Objects.requireNonNullElse(e.getCause(), e);
            }
        });
    }

    private <T> Object handOut(Class<T> type, Object answer) {
        return of(type, type.cast(answer), shared.handedOut.incrementAndGet(), shared);
    }

    /** Tells what was handed out by its number, for those who compare answers. */
    static boolean is(Object answer) {
        return Proxy.isProxyClass(answer.getClass()) && Proxy.getInvocationHandler(answer) instanceof Remote;
    }

    static int number(Object answer) {
        return ((Remote) Proxy.getInvocationHandler(answer)).number;
    }
}
