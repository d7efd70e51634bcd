package io.drkit.testkit.dns;

import io.drkit.testkit.dns.FakeDnsZone.Answer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** A resolver that keeps an answer until its TTL has passed, as the resolvers of clients do. Thread-safe. */
public final class FakeResolver {
    private final FakeDnsZone zone;
    private final Map<String, Cached> cache = new HashMap<>();

    FakeResolver(FakeDnsZone zone) {
        this.zone = zone;
    }

    /** What a client gets for {@code name} now, which may be old; empty when there is no such record. */
    public synchronized Optional<String> resolve(String name) {
        long now = zone.clockwork().nanoTime();
        Cached cached = cache.get(name);
        if (cached != null && now - cached.since < cached.answer.ttl().toNanos()) {
            return Optional.of(cached.answer.target());
        }
        Optional<Answer> fresh = zone.answer(name);
        fresh.ifPresentOrElse(answer -> cache.put(name, new Cached(answer, now)), () -> cache.remove(name));
        return fresh.map(Answer::target);
    }

    /** Forgets everything, as after a restart. */
    public synchronized void flush() {
        cache.clear();
    }

    private record Cached(Answer answer, long since) {}
}
