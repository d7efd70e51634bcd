package io.drkit.testkit.disaster;

import io.drkit.core.Site;
import io.drkit.testkit.replica.FakeDatabase;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** One disaster, from its beginning until nothing happens any more. */
final class Simulation<S extends Site> {
    private static final Duration SETTLES = Duration.ofSeconds(30);

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
        Scene scene = new Scene(time, application.setting(), new Fate(disaster.happening()), history);
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
        time.sleep(SETTLES);
        scene.look();
        note(scene, scene.west());
        note(scene, scene.east());
        history.end(scene.picture());
    }

    private static void note(Scene scene, Scene.Side side) {
        FakeDatabase database = side.database();
        scene.history()
                .left(side.name(), database.rows(), side.files().files(), database.promotions());
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
