package io.drkit.testkit.evidence;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A figure that was measured, with what was aimed at, for a build to check: {@link #write} puts it as {@code NAME.json} into the
 * directory that the system property {@code drkit.evidence.dir} names, {@code target/evidence} if it is not set.
 *
 * <pre>{@code
 * Evidence.atMost("retention-1m", seconds, "s", 1).seed(42).write();
 * }</pre>
 *
 * @param name lower-case words with hyphens
 * @param value what was measured
 * @param unit for example {@code s}, {@code histories}
 * @param aim what was aimed at
 * @param better which side of the aim is good
 * @param seed what the run was drawn from; 0 when nothing was drawn
 */
public record Evidence(String name, BigDecimal value, String unit, BigDecimal aim, Better better, long seed) {
    /** Which side of the aim is good. */
    public enum Better {
        /** At most the aim. */
        LOWER,
        /** At least the aim. */
        HIGHER
    }

    public Evidence {
        if (!name.matches("[a-z0-9]+(-[a-z0-9]+)*")) {
            throw new IllegalArgumentException("A name is lower-case words with hyphens, not '" + name + "'");
        }
        if (!unit.matches("[^\"\\\\\\p{Cntrl}]*")) {
            throw new IllegalArgumentException("A unit has no quotes, not '" + unit + "'");
        }
        Objects.requireNonNull(value, "value");
        Objects.requireNonNull(aim, "aim");
        Objects.requireNonNull(better, "better");
    }

    /** Good when {@code value} is at most {@code aim}. */
    public static Evidence atMost(String name, double value, String unit, double aim) {
        return new Evidence(name, BigDecimal.valueOf(value), unit, BigDecimal.valueOf(aim), Better.LOWER, 0);
    }

    /** Good when {@code value} is at least {@code aim}. */
    public static Evidence atLeast(String name, double value, String unit, double aim) {
        return new Evidence(name, BigDecimal.valueOf(value), unit, BigDecimal.valueOf(aim), Better.HIGHER, 0);
    }

    /** The same figure, drawn from {@code seed}. */
    public Evidence seed(long seed) {
        return new Evidence(name, value, unit, aim, better, seed);
    }

    /** Whether the aim was reached. */
    public boolean met() {
        int comparison = value.compareTo(aim);
        return better == Better.LOWER ? comparison <= 0 : comparison >= 0;
    }

    /** Writes it, in place of an earlier one of the same name; answers the file. */
    public Path write() throws IOException {
        Path directory = Path.of(System.getProperty("drkit.evidence.dir", "target/evidence"));
        Files.createDirectories(directory);
        return Files.writeString(directory.resolve(name + ".json"), json());
    }

    private String json() {
        return "{\"name\":\"" + name + "\",\"value\":" + plain(value) + ",\"unit\":\"" + unit + "\",\"aim\":"
                + plain(aim) + ",\"better\":\"" + (better == Better.LOWER ? "lower" : "higher") + "\",\"seed\":" + seed
                + "}\n";
    }

    private static String plain(BigDecimal number) {
        BigDecimal stripped = number.stripTrailingZeros();
        return stripped.toPlainString();
    }
}
