package io.drkit.testkit.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.snapshot.Snapshot;
import io.drkit.core.snapshot.Snapshot.State;
import io.drkit.core.snapshot.SnapshotKeeper;
import io.drkit.core.snapshot.SnapshotPolicy;
import io.drkit.core.snapshot.SnapshotStore;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.testkit.action.RunContext;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link SnapshotStore} promises, a rule a test. Extend it in your own tests, and say how your store is set up and
 * disturbed; each test gets an empty store of its own (JUnit makes an instance a test).
 */
public abstract class SnapshotStoreContract {
    /** The clockwork that the store runs on. */
    protected abstract Clockwork clockwork();

    /** The same store at each call, as another process would open it; empty at the beginning of a test. */
    protected abstract SnapshotStore store();

    /** The next change is made, and its answer is lost. */
    protected abstract void loseNextAnswer();

    /** The next change is lost on its way. */
    protected abstract void loseNextRequest();

    /** Whether the store cannot be reached. */
    protected abstract void makeUnreachable(boolean unreachable);

    /** Runs a test's body, for a store on virtual time to do so as a task; at once if not overridden. */
    protected void run(Body body) throws Exception {
        body.run();
    }

    /** Whether the store refuses an epoch lower than one it has seen; if not, that rule is skipped and the store is advisory. */
    protected boolean comparesEpochs() {
        return true;
    }

    /** How long a snapshot may take to be made or to be gone; a minute if not overridden. */
    protected Duration patience() {
        return Duration.ofMinutes(1);
    }

    /** How far the store's clock may be off; 5 seconds if not overridden. */
    protected Duration clockTolerance() {
        return Duration.ofSeconds(5);
    }

    /** A test. */
    @FunctionalInterface
    protected interface Body {
        void run() throws Exception;
    }

    @Test
    @DisplayName("S01: a store says what it snapshots, always in the same words")
    void describe_anyTime_isTheSame() throws Exception {
        run(() -> {
            assertThat(store().describe()).isNotBlank().isEqualTo(store().describe());
            assertThat(store().list()).as("an untouched store").isEmpty();
        });
    }

    @Test
    @DisplayName("S02: what was created is listed under its id, also by another process")
    void create_snapshot_isListed() throws Exception {
        run(() -> {
            Snapshot made = store().create(context(1));
            assertThat(store().list()).extracting(Snapshot::id).containsExactly(made.id());
        });
    }

    @Test
    @DisplayName("S03: a snapshot is dated at the moment when it was asked for")
    void create_snapshot_isDatedNow() throws Exception {
        run(() -> {
            Instant before = clockwork().now().minus(clockTolerance());
            Snapshot made = store().create(context(1));
            Instant after = clockwork().now().plus(clockTolerance());
            assertThat(made.taken()).isBetween(before, after);
        });
    }

    @Test
    @DisplayName("S04: a snapshot becomes good, and keeps its date")
    void create_snapshot_becomesGoodWithTheSameDate() throws Exception {
        run(() -> {
            Snapshot made = store().create(context(1));
            assertThat(waitUntilMade(made.id())).isEqualTo(new Snapshot(made.id(), made.taken(), State.GOOD));
        });
    }

    @Test
    @DisplayName("S05: each snapshot has an id of its own, also after deletions")
    void create_many_haveIdsOfTheirOwn() throws Exception {
        run(() -> {
            Set<String> ids = new HashSet<>();
            for (int i = 0; i < 5; i++) {
                Snapshot made = store().create(context(1));
                assertThat(ids.add(made.id()))
                        .as("an id of its own: %s", made.id())
                        .isTrue();
                if (i % 2 == 0) {
                    store().delete(made.id(), context(1));
                }
            }
        });
    }

    @Test
    @DisplayName("S06: deleting one leaves the others")
    void delete_one_leavesTheOthers() throws Exception {
        run(() -> {
            String first = store().create(context(1)).id();
            String second = store().create(context(1)).id();
            String third = store().create(context(1)).id();
            store().delete(second, context(1));
            waitUntilGone(second);
            assertThat(store().list()).extracting(Snapshot::id).containsExactlyInAnyOrder(first, third);
        });
    }

    @Test
    @DisplayName("S07: deleting one that is not there is no error")
    void delete_notThere_isNoError() throws Exception {
        run(() -> {
            String id = store().create(context(1)).id();
            store().delete(id, context(1));
            assertThatCode(() -> store().delete(id, context(1))).doesNotThrowAnyException();
            waitUntilGone(id);
            assertThatCode(() -> store().delete(id, context(1))).doesNotThrowAnyException();
        });
    }

    @Test
    @DisplayName("S08: a lost answer to a creation is unknown, and the snapshot shows")
    void create_answerLost_isUnknownAndShows() throws Exception {
        run(() -> {
            loseNextAnswer();
            assertThatExceptionOfType(UnknownOutcomeException.class)
                    .as("a lost answer is neither failure nor success")
                    .isThrownBy(() -> store().create(context(1)));
            assertThat(store().list()).hasSize(1);
        });
    }

    @Test
    @DisplayName("S09: a lost request to create is unknown, and nothing shows")
    void create_requestLost_isUnknownAndShowsNothing() throws Exception {
        run(() -> {
            loseNextRequest();
            assertThatExceptionOfType(UnknownOutcomeException.class).isThrownBy(() -> store().create(context(1)));
            assertThat(store().list()).isEmpty();
        });
    }

    @Test
    @DisplayName("S10: a lost answer to a deletion is unknown, and the snapshot goes")
    void delete_answerLost_isUnknownAndGoes() throws Exception {
        run(() -> {
            String id = store().create(context(1)).id();
            loseNextAnswer();
            assertThatExceptionOfType(UnknownOutcomeException.class).isThrownBy(() -> store().delete(id, context(1)));
            waitUntilGone(id);
        });
    }

    @Test
    @DisplayName("S11: a store that cannot be reached says so, and never lists nothing or a part")
    void list_unreachable_throws() throws Exception {
        run(() -> {
            store().create(context(1));
            makeUnreachable(true);
            assertThatExceptionOfType(DrException.class)
                    .as("what is missing from a list would change what is dropped")
                    .isThrownBy(() -> store().list());
            makeUnreachable(false);
            assertThat(store().list()).hasSize(1);
        });
    }

    @Test
    @DisplayName("S12: a run of a lower epoch changes nothing any more")
    void change_ofLowerEpoch_isRefused() throws Exception {
        assumeTrue(comparesEpochs(), "this store cannot compare epochs: readiness says advisory");
        run(() -> {
            String id = store().create(context(7)).id();
            assertThatExceptionOfType(StaleEpochException.class).isThrownBy(() -> store().create(context(6)));
            assertThatExceptionOfType(StaleEpochException.class).isThrownBy(() -> store().delete(id, context(6)));
            assertThat(store().list()).extracting(Snapshot::id).containsExactly(id);
            store().delete(id, context(8));
        });
    }

    @Test
    @DisplayName("S13: a keeper takes a snapshot when one is due, and none when none is")
    void take_byKeeper_takesOne() throws Exception {
        run(() -> {
            SnapshotKeeper keeper = SnapshotKeeper.applying(SnapshotPolicy.takenEvery(Duration.ofDays(365))
                            .keepAll(Duration.ofDays(365))
                            .build())
                    .build();
            ActionExecutor executor = ActionExecutor.on(clockwork());
            executor.execute(keeper.take(store()));
            executor.execute(keeper.take(store()));
            assertThat(store().list()).extracting(Snapshot::state).containsExactly(State.GOOD);
            executor.execute(keeper.prune(store()));
            assertThat(store().list()).hasSize(1);
        });
    }

    private RunContext context(long epoch) {
        return RunContext.of(clockwork(), new Epoch(epoch));
    }

    private Snapshot waitUntilMade(String id) throws InterruptedException {
        Deadline deadline = clockwork().deadline(patience());
        while (true) {
            List<Snapshot> found =
                    store().list().stream().filter(s -> s.id().equals(id)).toList();
            assertThat(found)
                    .as("snapshot %s is listed once, all the while", id)
                    .hasSize(1);
            if (found.get(0).state() != State.PENDING) {
                return found.get(0);
            }
            assertThat(deadline.passed())
                    .as("snapshot %s is made within %s", id, patience())
                    .isFalse();
            clockwork().sleep(patience().dividedBy(100));
        }
    }

    private void waitUntilGone(String id) throws InterruptedException {
        Deadline deadline = clockwork().deadline(patience());
        while (store().list().stream().anyMatch(s -> s.id().equals(id))) {
            assertThat(deadline.passed())
                    .as("snapshot %s is gone within %s", id, patience())
                    .isFalse();
            clockwork().sleep(patience().dividedBy(100));
        }
    }
}
