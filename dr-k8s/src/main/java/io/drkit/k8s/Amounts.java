package io.drkit.k8s;

import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** How much of each resource, in cores, bytes and pieces. What is not named is none. */
record Amounts(Map<String, BigDecimal> byName) {
    static final String CPU = "cpu";
    static final String MEMORY = "memory";
    static final String STORAGE = "ephemeral-storage";
    static final String PODS = "pods";
    static final Amounts NONE = new Amounts(Map.of());

    private static final BigDecimal MEBI = BigDecimal.valueOf(1L << 20);

    Amounts {
        byName = Collections.unmodifiableMap(new TreeMap<>(byName));
    }

    static Amounts of(@Nullable Map<String, Quantity> quantities) {
        Map<String, BigDecimal> amounts = new TreeMap<>();
        if (quantities != null) {
            quantities.forEach((name, quantity) -> amounts.put(name, quantity.getNumericalAmount()));
        }
        return new Amounts(amounts);
    }

    BigDecimal of(String name) {
        return byName.getOrDefault(name, BigDecimal.ZERO);
    }

    boolean names(String name) {
        return byName.containsKey(name);
    }

    Amounts plus(Amounts other) {
        return merge(other, BigDecimal::add);
    }

    Amounts minus(Amounts other) {
        Amounts negated = other.each(BigDecimal::negate);
        return plus(negated);
    }

    Amounts times(long count) {
        return each(amount -> amount.multiply(BigDecimal.valueOf(count)));
    }

    /** The greater of the two for each resource. */
    Amounts max(Amounts other) {
        return merge(other, BigDecimal::max);
    }

    /** Completed with what {@code defaults} name and this does not. */
    Amounts orElse(Amounts defaults) {
        return defaults.with(this);
    }

    /** With everything that {@code stronger} names replaced. */
    Amounts with(Amounts stronger) {
        return merge(stronger, (old, replaced) -> replaced);
    }

    Amounts with(String name, BigDecimal amount) {
        return with(new Amounts(Map.of(name, amount)));
    }

    /** What is below zero is none. */
    Amounts atLeastNone() {
        return each(amount -> amount.max(BigDecimal.ZERO));
    }

    /** Of those resources only that {@code others} name. */
    Amounts of(Amounts others) {
        Map<String, BigDecimal> named = new TreeMap<>();
        others.byName.keySet().forEach(name -> named.put(name, of(name)));
        return new Amounts(named);
    }

    /** Zero of nothing. */
    static BigDecimal share(BigDecimal part, BigDecimal whole) {
        return whole.signum() == 0 ? BigDecimal.ZERO : part.divide(whole, MathContext.DECIMAL32);
    }

    /** The first resource of which {@code this} asks for more than there is in {@code room}; null when all is there. */
    @Nullable
    String lackingIn(Amounts room) {
        for (Map.Entry<String, BigDecimal> asked : byName.entrySet()) {
            // nothing asked for is always there, even where more was promised than there is
            if (asked.getValue().signum() > 0 && asked.getValue().compareTo(room.of(asked.getKey())) > 0) {
                return asked.getKey();
            }
        }
        return null;
    }

    boolean fitsInto(Amounts room) {
        return lackingIn(room) == null;
    }

    /** For a person who reads manifests, for example {@code cpu 1.5, memory 512Mi}; without the pods. */
    String say(RoundingMode rounding) {
        List<String> words = new ArrayList<>();
        byName.forEach((name, amount) -> {
            if (!name.equals(PODS)) {
                words.add(name + " " + say(name, amount, rounding));
            }
        });
        return words.isEmpty() ? "nothing" : String.join(", ", words);
    }

    /** As {@link #say(RoundingMode)}, of one resource. */
    static String say(String name, BigDecimal amount, RoundingMode rounding) {
        if (name.endsWith(MEMORY) || name.endsWith(STORAGE) || name.contains("hugepages-")) {
            return amount.divide(MEBI, 0, rounding).toPlainString() + "Mi";
        }
        BigDecimal plain = amount.setScale(3, rounding).stripTrailingZeros();
        return plain.toPlainString();
    }

    private Amounts each(UnaryOperator<BigDecimal> change) {
        Map<String, BigDecimal> changed = new TreeMap<>(byName);
        changed.replaceAll((name, amount) -> change.apply(amount));
        return new Amounts(changed);
    }

    private Amounts merge(Amounts other, BinaryOperator<BigDecimal> how) {
        Map<String, BigDecimal> merged = new TreeMap<>(byName);
        other.byName.forEach((name, amount) -> merged.merge(name, amount, how));
        return new Amounts(merged);
    }
}
