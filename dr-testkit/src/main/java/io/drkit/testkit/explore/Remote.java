package io.drkit.testkit.explore;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A service whose methods are called on some way. */
final class Remote implements InvocationHandler {
    private final Object service;
    private final Way way;

    private Remote(Object service, Way way) {
        this.service = service;
        this.way = way;
    }

    /** How a call gets there and back. */
    interface Way {
        @Nullable
        Object take(Stage.Effect<Object, Throwable> effect) throws Throwable;
    }

    static <T> T of(Class<T> type, T service, Way way) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, new Remote(service, way)));
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
        return way.take(() -> {
            try {
                Object answer = method.invoke(service, arguments);
                return answer instanceof AutoCloseable && method.getReturnType().isInterface()
                        ? again(method.getReturnType(), answer)
                        : answer;
            } catch (InvocationTargetException e) {
                throw Objects.requireNonNullElse(e.getCause(), e);
            }
        });
    }

    private <T> Object again(Class<T> type, Object answer) {
        return of(type, type.cast(answer), way);
    }
}
