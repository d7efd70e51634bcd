package io.drkit.core.detect;

import java.time.Duration;

/**
 * Looks whether something works, from where this process stands. {@link Probes} has those for HTTP and TCP; one that asks a database
 * is a function of the application. It says itself what a failure means, since one that is thrown is unknown, and unknown declares
 * no outage:
 *
 * <pre>{@code
 * HealthProbe.named("west database", () -> {
 *     try (Connection connection = west.getConnection()) {
 *         return connection.isValid(2) ? Health.healthy("it answers") : Health.sick("it does not answer");
 *     } catch (SQLException e) {
 *         return Health.sick("SQL state " + e.getSQLState());
 *     }
 * });
 * }</pre>
 *
 * <p>Changes nothing. Asked again and again, not twice at the same time, and each time on some other thread.
 */
public interface HealthProbe {
    /** What it looks at. */
    String name();

    /**
     * Looks now. Heeds interruption.
     *
     * @throws Exception whatever says nothing of what it looks at: it counts as unknown, so a refused connection is to be answered
     *     as sick and not thrown
     */
    Health look() throws Exception;

    /** How long it may take, 5 s unless it says otherwise; after that it is interrupted, and unknown. */
    default Duration timeout() {
        return Duration.ofSeconds(5);
    }

    /** A probe from a function. */
    static HealthProbe named(String name, Look look) {
        return new NamedProbe(name, look);
    }

    /** What a probe does. */
    @FunctionalInterface
    interface Look {
        /** As {@link HealthProbe#look}. */
        Health now() throws Exception;
    }
}
