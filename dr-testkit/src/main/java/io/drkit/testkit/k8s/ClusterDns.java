package io.drkit.testkit.k8s;

import io.drkit.core.time.Clockwork;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Answers for aliases, a while after they were changed. There is no DNS server in either cluster for tests. */
final class ClusterDns {
    private final Clockwork clockwork;
    private final Map<String, Answer> answers = new HashMap<>();
    private Duration lag = Duration.ofMillis(100);

    ClusterDns(Clockwork clockwork) {
        this.clockwork = clockwork;
    }

    synchronized void followAfter(Duration lag) {
        this.lag = Objects.requireNonNull(lag, "lag");
    }

    /** The alias names this host now. */
    synchronized void seen(String namespace, String service, String host) {
        long now = clockwork.nanoTime();
        Answer answer = answers.computeIfAbsent(namespace + "/" + service, first -> new Answer(host, now));
        follow(answer, now);
        if (!answer.coming.equals(host)) {
            answer.coming = host;
            answer.since = now;
        }
    }

    synchronized Optional<String> lookup(String namespace, String service) {
        Answer answer = answers.get(namespace + "/" + service);
        if (answer == null) {
            return Optional.empty();
        }
        follow(answer, clockwork.nanoTime());
        return Optional.of(answer.given);
    }

    private void follow(Answer answer, long now) {
        if (now - answer.since >= lag.toNanos()) {
            answer.given = answer.coming;
        }
    }

    private static final class Answer {
        private String given;
        private String coming;
        private long since;

        private Answer(String host, long since) {
            this.given = host;
            this.coming = host;
            this.since = since;
        }
    }
}
