package io.drkit.testkit.disaster;

import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.fault.Faults;
import io.drkit.testkit.fault.Route;
import java.time.Duration;
import java.util.Optional;

/** The way from a process that runs plans to one place. */
final class HostRoute implements Route {
    /** How long a caller waits before it gives an answer up. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Scene scene;
    private final Host host;
    private final String place;

    HostRoute(Scene scene, Host host, String place) {
        this.scene = scene;
        this.host = host;
        this.place = place;
    }

    @Override
    public boolean open() {
        host.requireAlive();
        return scene.answers(Scene.OPERATORS, place);
    }

    @Override
    public <T> T ask(String operation, Faults.Effect<T> question) throws InterruptedException {
        host.requireAlive();
        T answer = meet(operation, scene.fate().nextAsk(place), question);
        host.requireAlive();
        return answer;
    }

    @Override
    public <T> T change(String operation, String what, Epoch epoch, Faults.Effect<T> change)
            throws InterruptedException {
        host.requireAlive();
        if (!epoch.equals(Epoch.NONE)) {
            scene.asked(host, what, epoch);
        }
        host.moment();
        Optional<Fault> fault = scene.fate().nextChange(place);
        Optional<Duration> delay = scene.fate().delay();
        if (delay.isPresent() && fault.isEmpty() && open()) {
            scene.later(delay.get(), () -> {
                if (!scene.down(place)) {
                    scene.look();
                    change.take();
                    scene.changed("a late request of " + host.name(), place, operation, what, epoch);
                }
            });
            throw lost(what);
        }
        T answer = meet(what, fault, () -> {
            scene.look();
            T made = change.take();
            scene.changed(host.name(), place, operation, what, epoch);
            return made;
        });
        host.moment();
        host.requireAlive();
        return answer;
    }

    private <T> T meet(String what, Optional<Fault> fault, Faults.Effect<T> effect) throws InterruptedException {
        if (!open() || fault.filter(Fault.RequestLost.class::isInstance).isPresent()) {
            throw lost(what);
        }
        if (fault.isPresent()) {
            if (fault.get() instanceof Fault.Refused refused) {
                throw Faults.refusal(refused.status(), what);
            } else if (fault.get() instanceof Fault.Delayed delayed) {
                scene.time().sleep(delayed.by());
            } else if (fault.get() instanceof Fault.AnswerLost) {
                effect.take();
                throw lost(what);
            }
        }
        T answer = effect.take();
        if (!open()) {
            throw lost(what);
        }
        return answer;
    }

    private UnknownOutcomeException lost(String what) throws InterruptedException {
        scene.time().sleep(PATIENCE);
        return new UnknownOutcomeException(
                "fake.no-answer",
                Problem.expected("an answer from " + place + ": " + what)
                        .found("none")
                        .remedy("observe it again"));
    }
}
