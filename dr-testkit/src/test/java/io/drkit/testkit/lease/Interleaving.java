package io.drkit.testkit.lease;

import io.drkit.core.ConflictException;
import io.drkit.core.DrException;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.lease.Leadership;
import io.drkit.core.lease.Lease;
import io.drkit.core.lease.LeaseRecord;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.lease.Leases;
import io.drkit.core.lease.Node;
import io.drkit.testkit.time.Machine;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Three nodes that want one lease and write to one resource, and forty seconds in which their machines are paused, killed and cut off,
 * their clocks are wrong and drift, their calls take long, are lost, or arrive after their callers gave up, and somebody deletes the
 * lease: all drawn from one seed.
 */
final class Interleaving {
    private static final String NAME = "shop";
    private static final Duration LASTS = Duration.ofSeconds(40);
    private static final Duration TTL = Duration.ofSeconds(6);
    private static final Duration MARGIN = TTL.dividedBy(5);
    /** The default margin of a fifth allows one clock to run a quarter faster than another: 1.1 / 0.9 is just less. */
    private static final int WORST_DRIFT = 100_000;

    private final VirtualClockwork virtual;
    private final Random random;
    private final InMemoryLeaseStore store;
    private final List<Member> members = new ArrayList<>();
    private final boolean resourceCompares;

    private long highestAccepted;
    private long newestTerm;
    final List<String> wrongs = new ArrayList<>();
    int staleAccepted;
    int refused;
    int terms;
    private final List<String> course = new ArrayList<>();

    private Interleaving(VirtualClockwork virtual, long seed, boolean resourceCompares) {
        this.virtual = virtual;
        this.random = new Random(seed);
        this.store = new InMemoryLeaseStore(virtual);
        this.resourceCompares = resourceCompares;
    }

    /** Runs the forty seconds of that seed, and answers what came of it. */
    static Interleaving run(long seed, boolean resourceCompares) throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(seed)) {
            Interleaving interleaving = new Interleaving(virtual, seed, resourceCompares);
            virtual.run(interleaving::unfold);
            virtual.failures().forEach(failure -> interleaving.wrongs.add("a task ended with " + failure));
            return interleaving;
        }
    }

    /** What was written, by whom and when. */
    List<String> course() {
        return course;
    }

    private void unfold() throws Exception {
        for (String name : List.of("a", "b", "c")) {
            members.add(new Member(name));
        }
        while (virtual.elapsed().compareTo(LASTS) < 0) {
            virtual.sleep(upTo(5000));
            Member member = members.get(random.nextInt(members.size()));
            switch (random.nextInt(8)) {
                case 0, 1 -> member.machine.pause(upTo(20_000));
                case 2, 3 -> member.cutOffUntil = virtual.elapsed().plus(upTo(15_000));
                case 4 -> member.machine.stepClock(Duration.ofSeconds(random.nextInt(7200) - 3600));
                case 5 -> {
                    if (member.machine.alive()) {
                        member.machine.kill();
                    }
                    member.machine.restart();
                    member.begin();
                }
                case 6 -> member.machine.drift(drift());
                default -> {
                    if (random.nextInt(3) == 0) {
                        store.delete(NAME);
                    }
                }
            }
        }
    }

    private int drift() {
        return random.nextInt(2 * WORST_DRIFT + 1) - WORST_DRIFT;
    }

    private Duration upTo(int millis) {
        return Duration.ofMillis(1 + random.nextInt(millis));
    }

    /** The resource: keeps the highest epoch, and refuses a lower one. */
    private void write(Member writer, Lease lease) {
        long epoch = lease.epoch().value();
        if (epoch < highestAccepted) {
            if (resourceCompares) {
                refused++;
                throw new StaleEpochException(
                        "fake.stale",
                        Problem.expected("epoch " + highestAccepted)
                                .found("" + epoch)
                                .remedy("stop"));
            }
            staleAccepted++;
        }
        highestAccepted = Math.max(highestAccepted, epoch);
        course.add(virtual.elapsed() + " " + writer.machine + " writes under " + epoch);
    }

    /** Whoever may act now is the only one that may: the others are asked in the same instant. */
    private void requireAlone(Member actor, Lease lease) {
        for (Member other : members) {
            Lease held = other.lease;
            if (other != actor && held != null && held.remaining().compareTo(MARGIN) > 0) {
                wrongs.add(virtual.elapsed() + ": " + actor.machine + " under epoch " + lease.epoch() + " and "
                        + other.machine + " under epoch " + held.epoch() + " both hold the lease");
            }
        }
    }

    private final class Member {
        final Machine machine;
        final boolean byLeadership = random.nextInt(4) == 0;
        Duration cutOffUntil = Duration.ZERO;
        volatile Lease lease;

        Member(String name) {
            machine = virtual.machine(name)
                    .clockAhead(Duration.ofSeconds(random.nextInt(7200) - 3600))
                    .drift(drift());
            begin();
        }

        void begin() {
            lease = null;
            Leases leases = Leases.in(new Link(this))
                    .as(Node.named(machine.name()))
                    .ttl(TTL)
                    .lookEvery(Duration.ofSeconds(3))
                    .clockwork(machine)
                    .build();
            if (byLeadership) {
                Leadership.of(NAME, leases).start(this::lead);
            } else {
                machine.start("take turns", () -> takeTurns(leases));
            }
        }

        private void takeTurns(Leases leases) {
            try {
                while (true) {
                    try (Lease taken = leases.acquire(NAME, Duration.ofHours(1))) {
                        lead(taken);
                    } catch (DrException again) {
                        machine.sleep(Duration.ofSeconds(1));
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void lead(Lease taken) throws InterruptedException {
            lease = taken;
            terms++;
            if (taken.epoch().value() <= newestTerm) {
                wrongs.add(virtual.elapsed() + ": epoch " + taken.epoch() + " after " + newestTerm);
            }
            newestTerm = Math.max(newestTerm, taken.epoch().value());
            Duration until = virtual.elapsed().plus(upTo(25_000));
            while (virtual.elapsed().compareTo(until) < 0) {
                taken.requireHeld();
                requireAlone(this, taken);
                // Between the check and the effect anything may happen.
                machine.sleep(upTo(random.nextInt(4) == 0 ? 8000 : 800));
                write(this, taken);
            }
        }
    }

    /** A node's way to the store. */
    private final class Link implements LeaseStore {
        private final Member member;

        Link(Member member) {
            this.member = member;
        }

        @Override
        public Seen read(String name) throws InterruptedException {
            travel();
            return store.read(name);
        }

        @Override
        public Seen write(String name, Seen expected, LeaseRecord record) throws InterruptedException {
            if (random.nextInt(8) == 0) {
                // The caller gives up on it; it arrives all the same.
                virtual.start("late", () -> writeLate(name, expected, record));
                throw lost();
            }
            travel();
            Seen seen = store.write(name, expected, record);
            travel();
            return seen;
        }

        private void writeLate(String name, Seen expected, LeaseRecord record) {
            try {
                virtual.sleep(upTo(12_000));
                store.write(name, expected, record);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ConflictException tooLate) {
                // as it should be
            }
        }

        @Override
        public Map<String, Seen> list(String prefix) throws InterruptedException {
            travel();
            return store.list(prefix);
        }

        private void travel() throws InterruptedException {
            virtual.sleep(upTo(random.nextInt(20) == 0 ? 4000 : 300));
            if (virtual.elapsed().compareTo(member.cutOffUntil) < 0) {
                throw lost();
            }
        }

        private UnknownOutcomeException lost() {
            return new UnknownOutcomeException(
                    "fake.lost", Problem.expected("an answer").found("none").remedy("look again"));
        }
    }
}
