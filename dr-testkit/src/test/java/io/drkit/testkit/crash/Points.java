package io.drkit.testkit.crash;

import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalStore;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The points of a run at which its process may be killed, each with a name that is the same in every run: what is about to happen,
 * or has just happened, and for the how manyeth time. At the point that was chosen it says so, and neither that thread nor any other
 * that comes to a point goes on: what remains is to be killed.
 */
final class Points {
    private static final String EPOCH = "the raising of the epoch";

    private final @Nullable String chosen;
    private final PrintStream out;
    private final Map<String, Integer> seen = new HashMap<>();
    private final List<String> passed = new ArrayList<>();
    private boolean dead;

    /** Stops at {@code chosen}, or nowhere if it is null. */
    Points(@Nullable String chosen, PrintStream out) {
        this.chosen = chosen;
        this.out = out;
    }

    synchronized List<String> passed() {
        return List.copyOf(passed);
    }

    synchronized void at(String what) {
        String point = what + " (" + seen.merge(what, 1, Integer::sum) + ")";
        passed.add(point);
        if (!dead && point.equals(chosen)) {
            dead = true;
            out.println(CrashChild.AT + point);
        }
        while (dead) {
            try {
                wait();
            } catch (InterruptedException e) {
                // a dead process heeds nothing
            }
        }
    }

    /** A store whose journals have points: around each write of theirs, and in the middle of it. */
    JournalStore around(JournalStore store) {
        return proxy(
                JournalStore.class,
                store,
                (method, arguments, answer) -> answer instanceof Journal journal ? around(journal) : answer);
    }

    private Journal around(Journal journal) {
        return proxy(Journal.class, journal, (method, arguments, answer) -> answer);
    }

    private interface After {
        @Nullable
        Object see(Method method, Object @Nullable [] arguments, @Nullable Object answer);
    }

    private <T> T proxy(Class<T> type, T target, After after) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    String write = write(method, arguments);
                    try {
                        if (write == null) {
                            return after.see(method, arguments, method.invoke(target, arguments));
                        }
                        at("before " + write);
                        Object answer = method.invoke(target, arguments);
                        if (!write.equals(EPOCH)) {
                            // Whoever kills it here cuts the file back, as if the write had not come to its end.
                            at(CrashChild.HALF + write);
                        }
                        at("after " + write);
                        return after.see(method, arguments, answer);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    /** What it writes durably, in words; null when it writes nothing. */
    private static @Nullable String write(Method method, Object @Nullable [] arguments) {
        return switch (method.getName()) {
            case "raiseEpoch" -> EPOCH;
            case "begin", "append" -> {
                JournalEntry entry = (JournalEntry) Objects.requireNonNull(arguments)[0];
                String key = entry.detail("key");
                yield (entry.kind() + " " + entry.step() + (key.isEmpty() ? "" : " " + key)).strip();
            }
            default -> null;
        };
    }
}
