package io.drkit.testkit.disaster;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.DataLoss;
import io.drkit.core.plan.Mode;
import io.drkit.testkit.disaster.Shop.Place;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is right is not found broken, however unluckily it is looked at. */
class FalseAlarmsTest {
    @Test
    void podsThatWereReadyUntilAMishapStruck_wereReady() throws Exception {
        Setting setting = new Setting();
        setting.workload(Shop.WEB, 2);
        setting.serving().add(Shop.WEB);
        List<Set<String>> ready = new ArrayList<>();
        try (VirtualClockwork time = VirtualClockwork.builder().seed(1).build()) {
            History history = new History(time::elapsed);
            time.run(() -> {
                Fate fate = new Fate(List.of(), time::elapsed, struck -> {});
                Scene scene = new Scene(time, setting, fate, history, false);
                scene.west().pods().scaleByHand(Shop.WEB, 0);
                scene.look();
                scene.west().pods().scaleByHand(Shop.WEB, 2);
                time.sleep(Duration.ofSeconds(10));
                // they became ready, and nobody looked
                scene.strike(new Mishap.PodsFail(Scene.WEST, Duration.ofSeconds(10), Duration.ofSeconds(1)), false);
            });
            history.events(Event.Ready.class).forEach(event -> ready.add(event.sites()));
        }

        assertThat(ready).containsExactly(Set.of(Scene.WEST), Set.of());
    }

    @Test
    void lossStatedInAReportThatNoProcessLivedToHandOut_isStated() {
        Application<Place> application = small();
        Disaster rehearsal = Rehearsal.of(Mode.FAILOVER);
        Course course = Finding.history(application, rehearsal).course();
        int unreported = 0;
        for (int moment = course.moments() - 6; moment <= course.moments(); moment++) {
            Disaster disaster = Disaster.of(
                    rehearsal.seed(),
                    Mode.FAILOVER,
                    rehearsal.begins(),
                    List.of(rehearsal.mishaps().get(0), new Mishap.Crash(moment)));
            History history = Finding.history(application, disaster);
            assertThat(history.lost()).isNotEmpty();
            assertThat(Invariants.lossWithinReport().check(history))
                    .as("dead at moment %s", moment)
                    .isEqualTo(Optional.empty());
            // a run begun anew finds the other site promoted, and cannot tell what that cost
            if (history.reports().stream()
                    .flatMap(report -> report.losses().stream())
                    .allMatch(stated -> stated.loss().basis() == DataLoss.Basis.UNKNOWN)) {
                unreported++;
            }
        }

        assertThat(unreported)
                .as("disasters in which only the journal holds the report that states the loss")
                .isPositive();
    }

    @Test
    void requestThatArrivesAfterItsRunWasInterrupted_isNoWorkOfThatRun() {
        Disaster rehearsal = Rehearsal.of(Mode.SWITCHOVER);
        Disaster disaster = Disaster.of(
                rehearsal.seed(),
                Mode.SWITCHOVER,
                rehearsal.begins(),
                List.of(
                        new Mishap.ArrivesLate(1, Duration.ofSeconds(5)),
                        new Mishap.Interrupted(Duration.ofSeconds(10))));

        History history = Finding.history(small(), disaster);

        assertThat(history.events(Event.Changed.class))
                .filteredOn(change -> change.machine().startsWith("a late request of "))
                .singleElement()
                .satisfies(change -> assertThat(change.what()).contains("deployment/web to 0"));
        assertThat(Invariants.nothingAfterTheEnd().check(history)).isEmpty();
    }

    /** A plan of few steps with nothing but a database. */
    private static Application<Place> small() {
        Setting setting = new Setting();
        setting.trafficNames().add(Shop.NAME);
        setting.workload(Shop.WEB, 2);
        setting.serving().add(Shop.WEB);
        return new Application<>(world -> Shop.patientPlan(world, Duration.ofSeconds(1)), Place::of, setting);
    }
}
