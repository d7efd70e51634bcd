package io.drkit.testkit.disaster;

import io.drkit.core.event.RunEvent;
import io.drkit.core.plan.Mode;
import io.drkit.core.report.RunReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** All that happened in one simulated disaster, and what was left in the end. Read-only for whoever checks it. */
public final class History {
    private final Supplier<Duration> clock;
    private final List<Event> events = new ArrayList<>();
    private final List<Acknowledged> acknowledged = new ArrayList<>();
    private final Map<String, List<String>> rows = new TreeMap<>();
    private final Map<String, Map<String, Integer>> files = new TreeMap<>();
    private final Map<String, Integer> promotions = new TreeMap<>();
    private final List<RunReport> written = new ArrayList<>();
    private @Nullable Course course;
    private Optional<Calm> calm = Optional.empty();
    private Duration end = Duration.ZERO;
    private List<Acknowledged> lost = List.of();
    private @Nullable Picture last;

    History(Supplier<Duration> clock) {
        this.clock = clock;
    }

    Duration now() {
        return clock.get();
    }

    void add(Event event) {
        // What its tasks do when the simulation is cleared away is no part of it.
        if (last == null) {
            events.add(event);
        }
    }

    void add(Acknowledged write) {
        acknowledged.add(write);
    }

    void left(String site, List<String> rowsThere, Map<String, Integer> filesThere, int promoted) {
        rows.put(site, rowsThere);
        files.put(site, filesThere);
        promotions.put(site, promoted);
    }

    /**
     * The time when all mishaps are over and nobody is at work any more.
     *
     * @param since when it begins
     * @param writers whoever should get writes acknowledged then
     * @param counts of each workload how many pods it has at the site that serves
     */
    record Calm(Duration since, Set<String> writers, Map<String, Integer> counts) {}

    void calm(Calm begins) {
        calm = Optional.of(begins);
    }

    Optional<Calm> calm() {
        return calm;
    }

    /** What the journals hold in the end. */
    void written(List<RunReport> reports) {
        written.addAll(reports);
    }

    void course(Course measured) {
        course = measured;
    }

    Course course() {
        return Objects.requireNonNull(course, "nobody has begun");
    }

    void end(Picture picture) {
        last = picture;
        end = now();
        lost = missing();
    }

    /** What happened, in order. */
    public List<Event> events() {
        return Collections.unmodifiableList(events);
    }

    /** What happened of one kind, in order. */
    public <E extends Event> List<E> events(Class<E> kind) {
        List<E> found = new ArrayList<>();
        for (Event event : events) {
            if (kind.isInstance(event)) {
                found.add(kind.cast(event));
            }
        }
        return found;
    }

    /** The writes that were acknowledged to clients, in order. */
    public List<Acknowledged> acknowledged() {
        return Collections.unmodifiableList(acknowledged);
    }

    /** The reports of all runs, in the order in which they ended or paused. */
    public List<RunReport> reports() {
        return events(Event.RunEnded.class).stream().map(Event.RunEnded::report).toList();
    }

    /**
     * The reports that the journals hold in the end: also those that no process lived to hand out, and of a run that paused and
     * went on only the last one.
     */
    public List<RunReport> journalledReports() {
        return Collections.unmodifiableList(written);
    }

    /** Whether any run was a failover, or was turned into one. */
    public boolean failedOver() {
        return events.stream()
                .anyMatch(event -> (event instanceof Event.RunBegan began && began.mode() == Mode.FAILOVER)
                        || (event instanceof Event.Told told && told.told() instanceof RunEvent.FailedOver));
    }

    /** When the simulation ended. */
    public Duration end() {
        return end;
    }

    /** What the world was like in the end. */
    public Picture endPicture() {
        return Objects.requireNonNull(last, "the simulation has not ended");
    }

    /** How often the database of that site was promoted. */
    public int promotions(String site) {
        return promotions.getOrDefault(site, 0);
    }

    /** The site whose database is the only primary in the end; empty when none is, or both are. */
    public Optional<String> survivor() {
        List<String> primaries = endPicture().primaries().entrySet().stream()
                .filter(Map.Entry::getValue)
                .map(Map.Entry::getKey)
                .toList();
        return primaries.size() == 1 ? Optional.of(primaries.get(0)) : Optional.empty();
    }

    /**
     * What was acknowledged and is not there in the end: at the surviving site, or at either where none survived. A file is there
     * when its content is what was written, or what somebody wrote over it later.
     */
    public List<Acknowledged> lost() {
        return lost;
    }

    private List<Acknowledged> missing() {
        Set<String> sites = survivor().map(Set::of).orElse(rows.keySet());
        Set<String> rowsLeft = new HashSet<>();
        Map<String, Integer> filesLeft = new HashMap<>();
        sites.forEach(site -> {
            rowsLeft.addAll(rows.getOrDefault(site, List.of()));
            files.getOrDefault(site, Map.of()).forEach((path, content) -> filesLeft.merge(path, content, Math::max));
        });
        List<Acknowledged> missing = new ArrayList<>();
        for (Acknowledged write : acknowledged) {
            boolean there = write.file()
                    ? filesLeft.getOrDefault(write.id(), 0) >= write.version()
                    : rowsLeft.contains(write.id());
            if (!there) {
                missing.add(write);
            }
        }
        return Collections.unmodifiableList(missing);
    }
}
