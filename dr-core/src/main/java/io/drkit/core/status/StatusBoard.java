package io.drkit.core.status;

import io.drkit.core.DrException;
import io.drkit.core.detect.OutageDetector;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.lease.NodeView;
import io.drkit.core.readiness.ReadinessReport;
import io.drkit.core.readiness.ReadinessWatch;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Survey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;

/**
 * Brings together how recovery stands, from whoever knows.
 *
 * <pre>{@code
 * StatusBoard board = StatusBoard.titled("shop")
 *         .sites(() -> List.of(west.view(), east.view()))
 *         .readiness(readiness.watch(Duration.ofMinutes(1)))
 *         .nodes(leadership::nodes)
 *         .detector(detector)
 *         .runs(journals, 5)
 *         .build();
 * }</pre>
 *
 * <p>Each of them is asked anew each time, all at once, and for no longer than 5 s: a part whose source hangs or fails is unknown,
 * with the reason, and the others are there. Thread-safe.
 */
public final class StatusBoard {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final String title;
    private final Clockwork clockwork;
    private final List<ReadinessWatch> watches;
    private final List<OutageDetector> detectors;
    private final Callable<List<SiteView>> sites;
    private final Callable<List<NodeView>> nodes;
    private final Callable<List<RunView>> runs;
    private final Survey survey;

    private StatusBoard(Builder builder) {
        title = builder.title;
        clockwork = builder.clockwork;
        watches = List.copyOf(builder.watches);
        detectors = List.copyOf(builder.detectors);
        sites = builder.sites;
        nodes = builder.nodes;
        runs = builder.runs;
        survey = new Survey(clockwork);
    }

    /** Begins a board with this title. */
    public static Builder titled(String title) {
        return new Builder(title);
    }

    /** How it stands now. */
    public Status status() throws InterruptedException {
        List<Survey.Answer<List<?>>> answers = survey.ask(List.of(
                new Survey.Question<List<?>>("status: sites", PATIENCE, sites),
                new Survey.Question<List<?>>("status: nodes", PATIENCE, nodes),
                new Survey.Question<List<?>>("status: runs", PATIENCE, runs)));
        List<ReadinessReport> readiness =
                watches.stream().map(ReadinessWatch::latest).toList();
        return new Status(
                title,
                clockwork.now(),
                part(answers.get(0), SiteView.class),
                Status.Part.of(readiness),
                part(answers.get(1), NodeView.class),
                Status.Part.of(detectors.stream().map(OutageDetector::status).toList()),
                part(answers.get(2), RunView.class));
    }

    private static <T> Status.Part<T> part(Survey.Answer<List<?>> answer, Class<T> type) {
        if (answer instanceof Survey.Answer.Value<List<?>> value) {
            return Status.Part.of(value.value().stream().map(type::cast).toList());
        } else if (answer instanceof Survey.Answer.Failed<List<?>> failed) {
            Exception why = failed.failure();
            return Status.Part.unknown(
                    why instanceof DrException known ? known.problem().sentence() : String.valueOf(why));
        } else if (answer instanceof Survey.Answer.Silent<List<?>> silent) {
            return Status.Part.unknown(silent.why());
        }
        throw new AssertionError(answer);
    }

    private static List<RunView> latest(JournalStore journals, int atMost) {
        List<RunView> runs = new ArrayList<>();
        for (JournalKey key : journals.keys()) {
            for (List<JournalEntry> run : journals.runs(key, atMost)) {
                if (!run.isEmpty()) {
                    runs.add(RunView.of(run));
                }
            }
        }
        runs.sort(Comparator.comparing(RunView::began).reversed());
        return runs.subList(0, Math.min(atMost, runs.size()));
    }

    /** Builds a board; whatever is not given is empty. Not thread-safe. */
    public static final class Builder {
        private final String title;
        private final List<ReadinessWatch> watches = new ArrayList<>();
        private final List<OutageDetector> detectors = new ArrayList<>();
        private Callable<List<SiteView>> sites = List::of;
        private Callable<List<NodeView>> nodes = List::of;
        private Callable<List<RunView>> runs = List::of;
        private Clockwork clockwork = Clockwork.system();

        private Builder(String title) {
            this.title = Objects.requireNonNull(title, "title");
        }

        /** Who knows the sites and what each is now. */
        public Builder sites(Callable<List<SiteView>> sites) {
            this.sites = Objects.requireNonNull(sites, "sites");
            return this;
        }

        /** One more readiness that is watched; it stays the caller's, who closes it. */
        public Builder readiness(ReadinessWatch watch) {
            watches.add(Objects.requireNonNull(watch, "watch"));
            return this;
        }

        /** One more detector, of an outage of one site; it stays the caller's, who closes it. */
        public Builder detector(OutageDetector detector) {
            detectors.add(Objects.requireNonNull(detector, "detector"));
            return this;
        }

        /** Who knows the nodes, such as {@code leadership::nodes}. */
        public Builder nodes(Callable<List<NodeView>> nodes) {
            this.nodes = Objects.requireNonNull(nodes, "nodes");
            return this;
        }

        /** The last runs of every plan in {@code journals}: how many in all, 1 or more. */
        public Builder runs(JournalStore journals, int atMost) {
            Objects.requireNonNull(journals, "journals");
            if (atMost < 1) {
                throw new IllegalArgumentException("1 run or more, not " + atMost);
            }
            runs = () -> latest(journals, atMost);
            return this;
        }

        /** Time and threads. */
        public Builder clockwork(Clockwork clockwork) {
            this.clockwork = Objects.requireNonNull(clockwork, "clockwork");
            return this;
        }

        public StatusBoard build() {
            return new StatusBoard(this);
        }
    }
}
