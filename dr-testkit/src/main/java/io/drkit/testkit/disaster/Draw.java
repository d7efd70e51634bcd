package io.drkit.testkit.disaster;

import io.drkit.core.plan.Mode;
import io.drkit.testkit.fault.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Draws disasters that could be: most of them small, some of them several at once. Whatever an undisturbed run does, and as long
 * as it lasts, can be struck.
 */
final class Draw {
    private static final List<String> SITES = List.of(Scene.WEST, Scene.EAST);

    private static final int LATE = 5;

    private final Random random;
    private final Duration begins;
    private final Mode mode;
    private final Course course;

    private Draw(long seed, Rehearsal.Courses courses) {
        random = new Random((seed + 7) * 0x9E3779B97F4A7C15L);
        random.nextLong();
        begins = Duration.ofMillis(5_000 + random.nextInt(5_000));
        mode = random.nextInt(100) < 65 ? Mode.SWITCHOVER : Mode.FAILOVER;
        course = courses.of(mode);
    }

    static Disaster disaster(long seed, Rehearsal.Courses courses) {
        return new Draw(seed, courses).draw(seed);
    }

    /** The disaster of that {@link Disaster#token()}; {@code courses} are asked for when it has to be drawn. */
    static Disaster again(String token, Supplier<Rehearsal.Courses> courses) {
        for (Mode mode : Mode.values()) {
            Disaster rehearsal = Rehearsal.of(mode);
            for (Disaster one : List.of(rehearsal, rehearsal.with(List.of()))) {
                if (one.token().equals(token)) {
                    return one;
                }
            }
        }
        if (!token.matches("-?[0-9]{1,18}:([0-9]{1,3}(,[0-9]{1,3})*)?")) {
            throw new IllegalArgumentException(
                    "A replay reads seed:mishaps, such as 4711:0,2, as the failure printed it; not " + token);
        }
        int colon = token.indexOf(':');
        List<Integer> kept = Pattern.compile(",")
                .splitAsStream(token.substring(colon + 1))
                .filter(number -> !number.isEmpty())
                .map(Integer::valueOf)
                .toList();
        return disaster(Long.parseLong(token.substring(0, colon)), courses.get())
                .with(kept);
    }

    private Disaster draw(long seed) {
        List<Mishap> mishaps = new ArrayList<>();
        if (mode == Mode.FAILOVER) {
            mishaps.add(surprise());
        }
        int more = mode == Mode.FAILOVER ? random.nextInt(4) : 1 + random.nextInt(4);
        for (int i = 0; i < more; i++) {
            mishaps.add(mishap());
        }
        Disaster disaster = Disaster.of(seed, mode, begins, mishaps);
        if (disaster.leased() && random.nextInt(3) == 0) {
            mishaps.add(new Mishap.Partition(Scene.OPERATORS, Scene.LEASES, at(), lasts(60)));
        }
        if (disaster.goesBack()) {
            mishaps.add(onTheWayBack());
        }
        return Disaster.of(seed, mode, begins, mishaps);
    }

    /** What is counted goes on being counted on the way back. */
    private Mishap onTheWayBack() {
        return random.nextBoolean()
                ? new Mishap.Crash(course.moments() + oneOf(course.moments()))
                : new Mishap.CallFails(true, course.changes() + oneOf(course.changes()), fault());
    }

    /** Why the operators fail over: the west is gone, or they think that it is. */
    private Mishap surprise() {
        Duration at = begins.minus(Duration.ofMillis(1_000 + random.nextInt(3_000)));
        Duration lasts = Duration.ofSeconds(30 + random.nextInt(300));
        return random.nextInt(3) > 0
                ? new Mishap.Outage(Scene.WEST, at, lasts, random.nextInt(3) == 0)
                : new Mishap.Partition(Scene.OPERATORS, Scene.WEST, at, lasts);
    }

    private Mishap mishap() {
        int kind = random.nextInt(100);
        if (kind < LATE) {
            return new Mishap.ArrivesLate(
                    oneOf(course.changes()),
                    Duration.ofMillis(500 + random.nextInt(random.nextBoolean() ? 5_000 : 60_000)));
        } else if (kind < 20) {
            return new Mishap.CallFails(true, oneOf(course.changes()), fault());
        } else if (kind < 28) {
            return new Mishap.CallFails(false, oneOf(course.asks()), fault());
        } else if (kind < 44) {
            return new Mishap.Crash(oneOf(course.moments()));
        } else if (kind < 49) {
            return new Mishap.JournalFails(oneOf(course.entries()), random.nextBoolean());
        } else if (kind < 54) {
            return new Mishap.Throttled(random.nextInt(3) == 0 ? Scene.DNS : site(), at(), lasts(20));
        } else if (kind < 62) {
            return new Mishap.Outage(site(), at(), lasts(90), random.nextInt(3) == 0);
        } else if (kind < 72) {
            return partition();
        } else if (kind < 77) {
            return new Mishap.Lag(Duration.ofMillis(500 + random.nextInt(20_000)), at(), lasts(60));
        } else if (kind < 83) {
            return random.nextInt(4) > 0
                    ? new Mishap.PodsFail(site(), at(), lasts(90))
                    : new Mishap.PodsStay(site(), at(), lasts(90));
        } else if (kind < 87) {
            return random.nextBoolean()
                    ? new Mishap.ClockJump(at(), Duration.ofSeconds(random.nextInt(7_200) - 3_600))
                    : new Mishap.ClocksDrift(at(), random.nextInt(2_000) - 1_000);
        } else if (kind < 92) {
            return new Mishap.Pause(at(), lasts(random.nextBoolean() ? 10 : 150));
        } else if (kind < 96) {
            return new Mishap.Interrupted(at());
        }
        return new Mishap.SecondOperator(at(), random.nextBoolean());
    }

    private Fault fault() {
        return switch (random.nextInt(6)) {
            case 0 -> Fault.refused(503);
            case 1 -> Fault.refused(List.of(429, 403, 409).get(random.nextInt(3)));
            case 2 -> Fault.requestLost();
            case 3, 4 -> Fault.answerLost();
            default -> Fault.delayed(Duration.ofMillis(200 + random.nextInt(40_000)));
        };
    }

    private Mishap partition() {
        return switch (random.nextInt(7)) {
            case 0, 1 -> new Mishap.Partition(Scene.OPERATORS, site(), at(), lasts(90));
            case 2 -> new Mishap.Partition(Scene.CLIENTS, site(), at(), lasts(90));
            case 3 -> new Mishap.Partition(Scene.OPERATORS, Scene.DNS, at(), lasts(90));
            case 4 -> new Mishap.Partition(Scene.OPERATORS, Scene.control(site()), at(), lasts(90));
            default -> new Mishap.Partition(Scene.WEST, Scene.EAST, at(), lasts(90));
        };
    }

    private String site() {
        return SITES.get(random.nextInt(SITES.size()));
    }

    /** A number of those that are counted in an undisturbed run, or a little above: what is disturbed does more. */
    private int oneOf(int counted) {
        return 1 + random.nextInt(counted + counted / 4 + 4);
    }

    /**
     * While the plan is run, or a little before or after. Half of them are about when something is changed, so that a long wait
     * does not draw them all.
     */
    private Duration at() {
        if (random.nextBoolean() && !course.busy().isEmpty()) {
            Duration busy = course.busy().get(random.nextInt(course.busy().size()));
            return begins.plus(busy).plusMillis(random.nextInt(2_000) - 1_500);
        }
        return begins.plusMillis(random.nextLong(course.lasts().toMillis() + 4_000) - 2_000);
    }

    private Duration lasts(int secondsAtMost) {
        return Duration.ofMillis(500 + random.nextInt(secondsAtMost * 1_000));
    }
}
