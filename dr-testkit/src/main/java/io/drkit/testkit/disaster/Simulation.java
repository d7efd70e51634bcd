package io.drkit.testkit.disaster;

import io.drkit.core.Site;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.RunReports;
import io.drkit.testkit.replica.FakeDatabase;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One disaster, from its beginning until nothing happens any more. */
final class Simulation<S extends Site> {
    private static final Duration SETTLES = Duration.ofSeconds(30);
    private static final Duration LAST_PACE = Duration.ofSeconds(1);
    private static final int LAST_TURNS = 8;

    private final Application<S> application;
    private final Disaster disaster;

    Simulation(Application<S> application, Disaster disaster) {
        this.application = application;
        this.disaster = disaster;
    }

    /** What is to be done at a moment. */
    private record Due(Duration at, Mishap mishap, boolean over) {}

    History run() throws Exception {
        try (VirtualClockwork time = VirtualClockwork.builder()
                .seed(disaster.seed())
                .horizon(Duration.ofDays(30))
                .maxSteps(3_000_000)
                .build()) {
            History history = new History(time::elapsed);
            time.run(() -> live(time, history));
            return history;
        }
    }

    private void live(VirtualClockwork time, History history) throws InterruptedException {
        Fate fate = new Fate(
                disaster.happening(),
                time::elapsed,
                mishap -> history.add(new Event.Struck(time.elapsed(), mishap, false)));
        Scene scene = new Scene(time, application.setting(), fate, history, disaster.leased());
        Operators<S> operators = new Operators<>(scene, application, disaster);
        Clients clients = new Clients(scene);
        time.nowAndThen(() -> {
            Duration next = clients.act();
            operators.noticeDeaths();
            return next;
        });
        time.start("undertaker", operators::buryTheDead);
        time.start("fate", () -> strike(time, scene, operators));
        operators.work();
        history.course(fate.course(disaster.begins()));
        clients.rest();
        time.sleep(longest(Duration.ZERO, disaster.over().minus(time.elapsed())));
        settle(time, history, clients);
        scene.look();
        note(scene, scene.west());
        note(scene, scene.east());
        history.written(journalled(scene));
        history.end(scene.picture());
    }

    /** Nothing goes wrong any more: what was put in order has to work now, when caches have run out and pods are there. */
    private void settle(VirtualClockwork time, History history, Clients clients) throws InterruptedException {
        time.sleep(SETTLES);
        Map<String, Integer> counts = new TreeMap<>();
        application.setting().workloads().forEach((workload, count) -> counts.put(workload.toString(), count));
        history.calm(new History.Calm(time.elapsed(), clients.writers(), counts));
        for (int turn = 0; turn < LAST_TURNS; turn++) {
            clients.turn();
            time.sleep(LAST_PACE);
        }
    }

    private static Duration longest(Duration one, Duration other) {
        return one.compareTo(other) >= 0 ? one : other;
    }

    private static List<RunReport> journalled(Scene scene) {
        List<RunReport> reports = new ArrayList<>();
        for (JournalKey key : scene.journals().keys()) {
            for (List<JournalEntry> run : scene.journals().runs(key, Integer.MAX_VALUE)) {
                RunReports.of(run).ifPresent(reports::add);
            }
        }
        return reports;
    }

    private static void note(Scene scene, Scene.Side side) {
        FakeDatabase database = side.database();
        Map<String, Integer> files = new HashMap<>();
        for (Acknowledged write : scene.history().acknowledged()) {
            if (write.file() && !files.containsKey(write.id())) {
                files.put(write.id(), scene.content(side, write.id()));
            }
        }
        scene.history().left(side.name(), database.rows(), files, database.promotions());
    }

    private void strike(VirtualClockwork time, Scene scene, Operators<S> operators) {
        try {
            for (Due due : dues()) {
                time.sleep(due.at().minus(time.elapsed()));
                scene.strike(due.mishap(), due.over());
                if (due.over()) {
                    continue;
                }
                if (due.mishap() instanceof Mishap.Pause pause) {
                    operators.pause(pause.lasts());
                } else if (due.mishap() instanceof Mishap.Interrupted) {
                    operators.interrupt();
                } else if (due.mishap() instanceof Mishap.SecondOperator second) {
                    operators.second(second.byForce());
                }
            }
        } catch (InterruptedException e) {
            // nothing more goes wrong
        }
    }

    private List<Due> dues() {
        List<Due> dues = new ArrayList<>();
        for (Mishap mishap : disaster.happening()) {
            mishap.begins().ifPresent(at -> dues.add(new Due(at, mishap, false)));
            mishap.ends().ifPresent(at -> dues.add(new Due(at, mishap, true)));
        }
        dues.sort(Comparator.comparing(Due::at));
        return dues;
    }
}
