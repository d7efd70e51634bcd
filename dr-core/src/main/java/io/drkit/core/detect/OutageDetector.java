package io.drkit.core.detect;

import io.drkit.core.Site;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.Wording;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.core.time.Survey;
import io.drkit.core.time.Task;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the active site and declares an outage, to a person: what follows is theirs to decide.
 *
 * <pre>{@code
 * OutageDetector detector = OutageDetector.watching("west")
 *         .observer(Observer.here("east", westProbe, eastProbe, clockwork))
 *         .observer(paris).observer(oslo)
 *         .listener(event -> pager.send(event.line()))
 *         .build();
 * detector.start();
 * }</pre>
 *
 * <p>An outage is declared when a majority of <em>all</em> configured observers sees the site sick, each by the hysteresis of its
 * own opinions. An observer that does not answer, does not know, or sees neither site counts as one that does not see it sick. A
 * restart, if one is given, is tried first. After an outage was declared no other is until a person has acknowledged it, and not
 * sooner than {@link Builder#between} after it; for as long as it is seen and nobody has, it is told again and again.
 *
 * <p>When for some looks fewer than a majority know anything, that is told too: nobody would see an outage then.
 *
 * <p>Nothing fails over by itself unless {@link Builder#automaticFailover} says so by name. Thread-safe.
 */
public final class OutageDetector implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(OutageDetector.class);

    private final String site;
    private final List<Observer> observers;
    private final Map<String, Hysteresis> opinions = new LinkedHashMap<>();
    private final Clockwork clockwork;
    private final Duration every;
    private final Duration between;
    private final boolean observeOnly;
    private final OutageMemory memory;
    private final Consumer<DetectionEvent> listener;
    private final @Nullable Action<?> restart;
    private final Duration settle;
    private final @Nullable Failover failover;
    private final Survey survey;
    private final int needed;

    /** After that, what was seen is no longer what is. */
    private final Duration fresh;

    /** How many looks in a row it takes to be called blind: as many as an opinion is made of. */
    private final int blindAfter;

    private final Duration remindEvery;

    private volatile Seen seen;
    private volatile boolean closed;
    private volatile @Nullable Task task;

    // below: the detector's own thread alone
    private @Nullable Episode episode;
    private @Nullable Deadline noRestartBefore;
    private @Nullable Deadline noReminderBefore;
    /** Declared here and not acknowledged here, whatever became of it in the memory. */
    private volatile @Nullable Outage open;

    private int blindLooks;

    /** What was seen, and when by the clockwork's own time. */
    private record Seen(DetectorStatus status, long at) {}

    /** A failover that runs a plan. */
    @FunctionalInterface
    private interface Failover {
        RunReport run(Outage outage) throws InterruptedException;
    }

    /** From when a majority saw the site sick until none can any more. */
    private static final class Episode {
        final Instant began;
        final Set<String> suppressed = new HashSet<>();
        boolean over;

        /** Set when a restart was tried. */
        @Nullable
        Deadline settled;

        Episode(Instant began) {
            this.began = began;
        }
    }

    private OutageDetector(Builder builder) {
        site = builder.site;
        observers = List.copyOf(builder.observers);
        clockwork = builder.clockwork;
        every = builder.every;
        between = builder.between;
        observeOnly = builder.observeOnly;
        memory = builder.memory;
        listener = builder.listener;
        restart = builder.restart;
        settle = builder.settle;
        failover = builder.failover;
        survey = new Survey(clockwork);
        needed = observers.size() / 2 + 1;
        blindAfter = Math.max(builder.window, builder.healthyRow);
        remindEvery = builder.remindEvery;
        Duration longest = observers.stream()
                .map(Observer::timeout)
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
        fresh = every.plus(longest).multipliedBy(2);
        List<DetectorStatus.Opinion> none = new ArrayList<>();
        for (Observer observer : observers) {
            opinions.put(observer.name(), new Hysteresis(builder.sickOf, builder.window, builder.healthyRow));
            none.add(new DetectorStatus.Opinion(observer.name(), Health.unknown("it has not looked yet")));
        }
        seen = new Seen(
                new DetectorStatus(site, clockwork.now(), none, 0, needed, Optional.empty()), clockwork.nanoTime());
    }

    /** Begins a detector for the site of this name, which is the active one. */
    public static Builder watching(String site) {
        return new Builder(site);
    }

    /**
     * How it sees things now. Before it is started, once it is closed, and when it has not looked for twice the time that a look and
     * the pause after it may take, nobody knows anything: so it is while a restart, an automatic failover or a listener holds it up.
     */
    public DetectorStatus status() {
        Seen last = seen;
        Duration age = Duration.ofNanos(clockwork.nanoTime() - last.at());
        if (closed) {
            return last.status().unknown("the detector is closed");
        }
        if (task == null) {
            return last.status().unknown("the detector was not started");
        }
        return age.compareTo(fresh) > 0
                ? last.status().unknown("it has not looked for " + Wording.duration(age))
                : last.status();
    }

    /**
     * Begins to look, on a thread of its own.
     *
     * @throws IllegalStateException when it was started before
     */
    public void start() {
        if (task != null) {
            throw new IllegalStateException("A detector is started once");
        }
        task = clockwork.start("outage detector " + site, this::watch);
    }

    /** Stops looking. An automatic failover that is going on is interrupted, which pauses its run. */
    @Override
    public void close() {
        closed = true;
        Task running = task;
        if (running != null) {
            running.interrupt();
        }
    }

    /**
     * A person has seen to the last declared outage, so that another may be declared. From another process:
     * {@link OutageMemory#acknowledge}.
     *
     * @throws IOException when it cannot be written down: then it is not acknowledged
     */
    public void acknowledge(String who, String reason) throws IOException {
        memory.acknowledge(who, reason, clockwork.now());
        open = null;
        tell(new DetectionEvent.Acknowledged(clockwork.now(), who, reason));
    }

    private void watch() {
        try {
            while (!closed) {
                try {
                    DetectorStatus status = look();
                    tellBlindness(status);
                    decide(status);
                } catch (RuntimeException | Error e) {
                    // an Error too: a class that a restart lacks is no reason to look no more
                    log.error("The outage detector could not finish its look; it goes on", e);
                }
                clockwork.sleep(every);
            }
        } catch (InterruptedException e) {
            if (!closed) {
                log.warn("The outage detector was interrupted and looks no more");
            }
        }
    }

    private DetectorStatus look() throws InterruptedException {
        long looked = clockwork.nanoTime();
        List<Survey.Question<Sighting>> questions = new ArrayList<>();
        for (Observer observer : observers) {
            questions.add(new Survey.Question<>("observer " + observer.name(), observer.timeout(), observer::look));
        }
        List<Survey.Answer<Sighting>> answers = survey.ask(questions);
        List<DetectorStatus.Opinion> opinionsNow = new ArrayList<>();
        List<String> why = new ArrayList<>();
        List<Instant> since = new ArrayList<>();
        Instant now = clockwork.now();
        for (int i = 0; i < answers.size(); i++) {
            String name = observers.get(i).name();
            Hysteresis hysteresis = Objects.requireNonNull(opinions.get(name));
            Health state = hysteresis.add(opinion(answers.get(i)), now);
            opinionsNow.add(new DetectorStatus.Opinion(name, state));
            if (state instanceof Health.Sick) {
                why.add(name + ": " + state.why());
                since.add(hysteresis.sickSince().orElse(now));
            }
        }
        Optional<Outage> outage = Optional.empty();
        if (why.size() >= needed) {
            since.sort(Comparator.naturalOrder());
            Episode known = episode;
            Instant began = known == null ? since.get(needed - 1) : known.began;
            // the clock may have been set back since
            outage = Optional.of(new Outage(site, began.isAfter(now) ? now : began, now, why));
        }
        DetectorStatus status = new DetectorStatus(site, now, opinionsNow, why.size(), needed, outage);
        seen = new Seen(status, looked);
        return status;
    }

    private void tellBlindness(DetectorStatus status) {
        boolean told = blindLooks >= blindAfter;
        if (!status.blind()) {
            blindLooks = 0;
            if (told) {
                tell(new DetectionEvent.SeesAgain(clockwork.now(), site));
            }
        } else if (!told && ++blindLooks >= blindAfter) {
            tell(new DetectionEvent.Blind(clockwork.now(), site, status.say(Health.Unknown.class)));
        }
    }

    private static Health opinion(Survey.Answer<Sighting> answer) {
        if (answer instanceof Survey.Answer.Value<Sighting> value) {
            return value.value().opinion();
        } else if (answer instanceof Survey.Answer.Failed<Sighting> failed) {
            return Health.unknown(failed.failure().toString());
        } else if (answer instanceof Survey.Answer.Silent<Sighting> silent) {
            return Health.unknown(silent.why());
        }
        throw new AssertionError(answer);
    }

    private void decide(DetectorStatus status) throws InterruptedException {
        Optional<Outage> now = status.outage();
        Episode current = episode;
        if (now.isEmpty()) {
            // as long as those who do not know could make a majority, it is not known to be over
            int healthy = status.say(Health.Healthy.class).size();
            if (current != null && observers.size() - healthy < needed) {
                episode = null;
                tell(new DetectionEvent.Recovered(clockwork.now(), site));
            }
            return;
        }
        Outage outage = now.get();
        if (current == null) {
            current = new Episode(outage.began());
            episode = current;
            tell(new DetectionEvent.Suspected(clockwork.now(), outage));
        }
        remind();
        if (current.over || held(current, outage)) {
            return;
        }
        if (observeOnly) {
            current.over = true;
            tell(new DetectionEvent.WouldHave(clockwork.now(), outage, wouldHave()));
        } else if (!restartFirst(current)) {
            declare(current, outage);
        }
    }

    /** A declared outage that is still seen is told again until somebody acknowledges it: perhaps nobody ever heard of it. */
    private void remind() {
        Deadline notBefore = noReminderBefore;
        if (observeOnly || (notBefore != null && !notBefore.passed())) {
            return;
        }
        Optional<Outage> declared = unacknowledged();
        if (declared.isPresent()) {
            noReminderBefore = clockwork.deadline(remindEvery);
            tell(new DetectionEvent.Declared(clockwork.now(), declared.get(), true));
        }
    }

    private Optional<Outage> unacknowledged() {
        try {
            Optional<OutageMemory.Remembered> last =
                    memory.latest().filter(known -> known.outage().site().equals(site));
            if (last.isPresent()) {
                return last.get().acknowledgement().isEmpty()
                        ? Optional.of(last.get().outage())
                        : Optional.empty();
            }
        } catch (IOException | RuntimeException | Error e) {
            log.warn("It cannot be read whether the outage was acknowledged; people are told again all the same", e);
        }
        return Optional.ofNullable(open);
    }

    /** Whether the last outage keeps this one from being declared. */
    private boolean held(Episode current, Outage outage) {
        String why;
        try {
            Optional<OutageMemory.Remembered> last = memory.latest();
            if (last.isEmpty()) {
                return false;
            }
            Outage before = last.get().outage();
            // a clock that was set back makes it negative, and then nothing says that the time has passed
            Duration since = Duration.between(before.detected(), clockwork.now());
            if (last.get().acknowledgement().isEmpty()) {
                why = "nobody has acknowledged the one of " + before.detected();
            } else if (since.compareTo(between) < 0) {
                why = "the last one was declared at " + before.detected() + ", less than " + Wording.duration(between)
                        + " ago";
            } else {
                return false;
            }
        } catch (IOException | RuntimeException | Error e) {
            if (failover == null) {
                log.warn("It cannot be read whether an outage was declared before; people are told all the same", e);
                return false;
            }
            why = "it cannot be read whether one was declared before: " + e;
        }
        if (current.suppressed.add(why)) {
            tell(new DetectionEvent.Suppressed(clockwork.now(), outage, why));
        }
        return true;
    }

    /** Whether the restart is to be waited for. */
    private boolean restartFirst(Episode current) throws InterruptedException {
        Action<?> action = restart;
        Deadline settled = current.settled;
        if (settled != null) {
            return !settled.passed() || surelySick() < needed;
        }
        Deadline notBefore = noRestartBefore;
        if (action == null || (notBefore != null && !notBefore.passed())) {
            return false;
        }
        noRestartBefore = clockwork.deadline(between);
        tell(new DetectionEvent.RestartBegan(clockwork.now(), action.describe()));
        try {
            String done = ActionExecutor.on(clockwork).execute(action).because();
            tell(new DetectionEvent.RestartEnded(clockwork.now(), true, done));
        } catch (RuntimeException | Error e) {
            tell(new DetectionEvent.RestartEnded(clockwork.now(), false, String.valueOf(e.getMessage())));
        }
        // Nobody looked meanwhile, however long it took: what was seen before it says nothing of the site as it is now.
        opinions.values().forEach(Hysteresis::startOver);
        current.settled = clockwork.deadline(settle);
        return true;
    }

    /** How many observers have looks enough that make the site sick, and not only no sign yet that it is well again. */
    private long surelySick() {
        return opinions.values().stream()
                .filter(opinion -> opinion.sickSince().isPresent())
                .count();
    }

    private void declare(Episode current, Outage outage) throws InterruptedException {
        current.over = true;
        open = outage;
        noReminderBefore = clockwork.deadline(remindEvery);
        boolean remembered = true;
        try {
            memory.declared(outage);
        } catch (IOException | RuntimeException | Error e) {
            remembered = false;
            log.error("The outage could not be written down; people are told, and nothing is done by itself", e);
        }
        tell(new DetectionEvent.Declared(clockwork.now(), outage, false));
        Failover automatic = failover;
        if (automatic == null) {
            return;
        }
        if (!remembered) {
            tell(new DetectionEvent.Suppressed(
                    clockwork.now(), outage, "the outage could not be written down, so nothing fails over by itself"));
            return;
        }
        try {
            tell(new DetectionEvent.FailoverEnded(clockwork.now(), automatic.run(outage)));
        } catch (RuntimeException | Error e) {
            tell(new DetectionEvent.FailoverFailed(clockwork.now(), e));
        }
    }

    private String wouldHave() {
        return (restart == null ? "" : "tried first to " + restart.describe() + ", then ")
                + "declared an outage"
                + (failover == null ? "" : " and failed over");
    }

    private void tell(DetectionEvent event) {
        if (event instanceof DetectionEvent.Recovered
                || event instanceof DetectionEvent.SeesAgain
                || event instanceof DetectionEvent.Acknowledged) {
            log.info("{}", event.line());
        } else {
            log.warn("{}", event.line());
        }
        try {
            listener.accept(event);
        } catch (Throwable e) {
            // an Error too: that a pager lacks a class is no reason to watch no more
            log.warn("The listener of the outage detector failed; it goes on", e);
        }
    }

    /**
     * Builds a detector. Defaults: looks every 5 s, sick when 3 of an observer's last 5 looks are and healthy again after 2 in a row,
     * no restart, at least 1 hour between two declared outages, told again every 5 minutes, remembered in this process alone, nothing
     * automatic, the system's clockwork. Not thread-safe.
     */
    public static final class Builder {
        private static final int OBSERVERS_FOR_AUTOMATIC = 3;

        private final String site;
        private final List<Observer> observers = new ArrayList<>();
        private Duration every = Duration.ofSeconds(5);
        private Duration between = Duration.ofHours(1);
        private Duration remindEvery = Duration.ofMinutes(5);
        private int sickOf = 3;
        private int window = 5;
        private int healthyRow = 2;
        private boolean observeOnly;
        private Clockwork clockwork = Clockwork.system();
        private Duration settle = Duration.ZERO;
        private Consumer<DetectionEvent> listener = event -> {};
        private @Nullable Action<?> restart;
        private @Nullable Failover failover;
        private boolean durable;
        private OutageMemory memory = OutageMemory.inProcess();

        private Builder(String site) {
            if (site.isBlank()) {
                throw new IllegalArgumentException("A site has a name");
            }
            this.site = site;
        }

        /** One more observer. At least one is needed; an odd number of three or more, at places of their own, is wise. */
        public Builder observer(Observer observer) {
            observers.add(Objects.requireNonNull(observer, "observer"));
            return this;
        }

        /** The pause between two looks; more than zero. */
        public Builder every(Duration pause) {
            every = positive(pause, "the pause between two looks");
            return this;
        }

        /** Sick when {@code sickOf} of an observer's last {@code window} looks are: 1 or more, and no more than the window. */
        public Builder sickAfter(int sickOf, int window) {
            if (sickOf < 1 || sickOf > window) {
                throw new IllegalArgumentException(
                        "sick after 1 or more of as many looks or more, not " + sickOf + " of " + window);
            }
            this.sickOf = sickOf;
            this.window = window;
            return this;
        }

        /** Healthy again after this many looks in a row; 1 or more. */
        public Builder healthyAfter(int inARow) {
            if (inARow < 1) {
                throw new IllegalArgumentException("healthy after 1 look or more, not " + inARow);
            }
            healthyRow = inARow;
            return this;
        }

        /**
         * Tries this before an outage is declared, once, and then, whether it failed or not, gives the site {@code settle} to be seen
         * healthy: only looks after the restart declare the outage. Not tried again within {@link #between}: what has to be restarted
         * each quarter of an hour is out.
         */
        public Builder restartFirst(Action<?> action, Duration settle) {
            restart = Objects.requireNonNull(action, "action");
            this.settle = positive(settle, "the time to settle");
            return this;
        }

        /** The least time between two declared outages, acknowledged or not; more than zero. */
        public Builder between(Duration least) {
            between = positive(least, "the time between two outages");
            return this;
        }

        /**
         * How often a declared outage is told again that is still seen and that nobody has acknowledged; more than zero. A process
         * that finds one that it did not declare itself tells it as soon as it sees the site sick.
         */
        public Builder remindEvery(Duration pause) {
            remindEvery = positive(pause, "the time between two reminders");
            return this;
        }

        /** Where the last outage is remembered beyond this process. */
        public Builder remembering(OutageMemory memory) {
            this.memory = Objects.requireNonNull(memory, "memory");
            durable = !(memory instanceof ProcessMemory);
            return this;
        }

        /** Restarts nothing, declares nothing and fails nothing over: logs, and tells the listener, what would have been done. */
        public Builder observeOnly() {
            observeOnly = true;
            return this;
        }

        /**
         * Is told what happens: on the detector's thread (an acknowledgement on the acknowledging one), one event at a time, in order.
         * It holds the detector up while it works. What it throws is logged and changes nothing.
         */
        public Builder listener(Consumer<DetectionEvent> listener) {
            this.listener = Objects.requireNonNull(listener, "listener");
            return this;
        }

        /** Time and threads. */
        public Builder clockwork(Clockwork clockwork) {
            this.clockwork = Objects.requireNonNull(clockwork, "clockwork");
            return this;
        }

        /**
         * Runs the plan as a failover by itself as soon as an outage is declared. <b>Off unless asked for here.</b> It adds no
         * authority: the run keeps to the plan, whose steps carry the terms on which a replica may be promoted (see
         * {@link io.drkit.core.replica.FailoverTerms}), and a fence that is not confirmed stops it as it would stop a person's. It
         * takes at least three observers and a memory that outlives this process.
         *
         * @param failover from the watched site, in the mode failover
         */
        public <S extends Site> Builder automaticFailover(
                PlanRunner runner, RecoveryPlan<S> plan, SiteSwitch<S> failover) {
            if (failover.mode() != Mode.FAILOVER || !failover.from().name().equals(site)) {
                throw new IllegalArgumentException(
                        "What runs by itself is a failover from " + site + ", not a " + failover.line());
            }
            this.failover = outage -> runner.run(plan, outage.during(failover));
            return this;
        }

        /**
         * Makes it.
         *
         * @throws IllegalStateException without observers, with two of one name, and when a failover is to be automatic with fewer
         *     than three observers or with a memory that ends with the process
         */
        public OutageDetector build() {
            Set<String> names = new HashSet<>();
            for (Observer observer : observers) {
                if (!names.add(observer.name())) {
                    throw new IllegalStateException("Two observers are named " + observer.name());
                }
            }
            if (observers.isEmpty()) {
                throw new IllegalStateException("Somebody has to look: give at least one observer");
            }
            if (failover != null && observers.size() < OBSERVERS_FOR_AUTOMATIC) {
                throw new IllegalStateException("With fewer than " + OBSERVERS_FOR_AUTOMATIC
                        + " observers a cut network looks like an outage: nothing fails over by itself then");
            }
            if (failover != null && !durable) {
                throw new IllegalStateException(
                        "A failover by itself needs remembering(…) beyond this process, or each restart may do it again");
            }
            return new OutageDetector(this);
        }

        private static Duration positive(Duration time, String what) {
            if (time.isNegative() || time.isZero()) {
                throw new IllegalArgumentException(what + " is more than zero, not " + time);
            }
            return time;
        }
    }
}
