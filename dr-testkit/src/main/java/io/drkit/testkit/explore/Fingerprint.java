package io.drkit.testkit.explore;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** 64 bits that are the same for equal values, in every play; none for objects that are not values. */
final class Fingerprint {
    private static final class NoValue extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoValue() {
            super(null, null, false, false);
        }
    }

    private Fingerprint() {}

    static OptionalLong of(@Nullable Object... parts) {
        try {
            return OptionalLong.of(ofArray(parts));
        } catch (NoValue e) {
            return OptionalLong.empty();
        }
    }

    private static long ofArray(@Nullable Object[] parts) {
        long all = parts.length;
        for (Object part : parts) {
            all = mix(all, part(part));
        }
        return all;
    }

    private static long part(@Nullable Object value) {
        if (value == null) {
            return 1;
        }
        if (value instanceof String
                || value instanceof Number
                || value instanceof Boolean
                || value instanceof Character) {
            return ofText(value.toString());
        }
        if (value instanceof Instant || value instanceof Duration) {
            return value.hashCode();
        }
        if (value instanceof Enum<?> one) {
            return ofText(one.name());
        }
        if (value instanceof Optional<?> optional) {
            return mix(3, part(optional.orElse(null)));
        }
        if (value instanceof List<?> list) {
            return ofArray(list.toArray());
        }
        if (value instanceof Set<?> set) {
            return set.stream().mapToLong(Fingerprint::part).sum();
        }
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .mapToLong(entry -> mix(part(entry.getKey()), part(entry.getValue())))
                    .sum();
        }
        if (value instanceof Object[] array) {
            return ofArray(array);
        }
        if (value instanceof Throwable failure) {
            return ofArray(new Object[] {failure.getClass().getName(), failure.getMessage(), failure.getCause()});
        }
        if (value instanceof Record) {
            return ofRecord(value);
        }
        if (Remote.is(value)) {
            return Remote.number(value);
        }
        throw new NoValue();
    }

    private static long ofRecord(Object value) {
        long all = ofText(value.getClass().getName());
        try {
            for (RecordComponent component : value.getClass().getRecordComponents()) {
                component.getAccessor().setAccessible(true);
                all = mix(all, part(component.getAccessor().invoke(value)));
            }
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new NoValue();
        }
        return all;
    }

    private static long ofText(String text) {
        long all = text.length();
        for (int i = 0; i < text.length(); i++) {
            all = all * 0x9E3779B97F4A7C15L + text.charAt(i);
        }
        return mix(all, 17);
    }

    static long mix(long a, long b) {
        long z = (a ^ Long.rotateLeft(b * 0x9E3779B97F4A7C15L, 31)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
