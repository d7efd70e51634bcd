package io.drkit.testkit.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.ConflictException;
import io.drkit.core.Epoch;
import io.drkit.core.lease.LeaseRecord;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.lease.LeaseStore.Seen;
import io.drkit.core.lease.Node;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every lease store keeps to. Extend it, answer {@link #store} and {@link #delete}, and your own store is held to the same
 * rules as those of DRKit. Each test begins with a store that has none of the leases it uses.
 */
public abstract class LeaseStoreContract {
    private static final String NAME = "shop";
    private static final Duration TTL = Duration.ofMillis(15_250);
    private static final Node WEST = new Node("west-1", "Controller \"West\" ü", "https://west-1.example:8443/");
    private static final Node EAST = Node.named("east-1");

    /** The store under test; each call may answer another object, but always the same leases. */
    protected abstract LeaseStore store();

    /** Removes the record by other means than the store, as a person would. */
    protected abstract void delete(String name) throws Exception;

    private static LeaseRecord held(Node node, Epoch epoch, long renewals) {
        return new LeaseRecord(
                Optional.of(node), epoch, TTL, renewals, Optional.empty(), Map.of("claim", "0123456789ab"));
    }

    /** As whoever takes it does: one more than all before. */
    private static Epoch next(Seen seen) {
        Epoch last = seen.record().map(LeaseRecord::epoch).orElse(Epoch.NONE);
        return (last.compareTo(seen.floor()) > 0 ? last : seen.floor()).next();
    }

    private Seen take(String name, Node node) throws InterruptedException {
        Seen seen = store().read(name);
        return store().write(name, seen, held(node, next(seen), 0));
    }

    @Test
    @DisplayName("LS1: where nobody ever wrote there is no record")
    void read_neverWritten_hasNoRecord() throws Exception {
        assertThat(store().read(NAME).record()).isEmpty();
        assertThat(store().list(NAME)).isEmpty();
    }

    @Test
    @DisplayName("LS2: what was written is read, to the letter")
    void read_written_isWhatWasWritten() throws Exception {
        Seen none = store().read(NAME);
        LeaseRecord taken = new LeaseRecord(
                Optional.of(WEST),
                next(none),
                TTL,
                7,
                Optional.empty(),
                Map.of("mode", "leader", "health", "a \"quote\",\na line and ü", "empty", ""));
        Seen written = store().write(NAME, none, taken);
        assertThat(written.record()).contains(taken);
        assertThat(store().read(NAME)).isEqualTo(written);

        LeaseRecord released =
                new LeaseRecord(Optional.empty(), taken.epoch(), TTL, 8, Optional.of("east-1"), Map.of());
        Seen after = store().write(NAME, written, released);
        assertThat(after.record()).contains(released);
        assertThat(store().read(NAME)).isEqualTo(after);
    }

    @Test
    @DisplayName("LS3: who saw an older state writes nothing")
    void write_changedSince_isAConflict() throws Exception {
        Seen first = take(NAME, WEST);
        LeaseRecord record = first.record().orElseThrow();
        Seen renewed = store().write(NAME, first, held(WEST, record.epoch(), 1));
        assertThatThrownBy(() ->
                        store().write(NAME, first, held(EAST, record.epoch().next(), 0)))
                .isInstanceOf(ConflictException.class);
        assertThat(store().read(NAME)).isEqualTo(renewed);
    }

    @Test
    @DisplayName("LS4: who saw none does not overwrite one")
    void write_createdSince_isAConflict() throws Exception {
        Seen none = store().read(NAME);
        Seen taken = store().write(NAME, none, held(WEST, next(none), 0));
        assertThatThrownBy(() -> store().write(NAME, none, held(EAST, next(none), 0)))
                .isInstanceOf(ConflictException.class);
        assertThat(store().read(NAME)).isEqualTo(taken);
    }

    @Test
    @DisplayName("LS5: of many that saw the same and write at once, one does")
    void write_manyAtOnce_oneWins() throws Exception {
        for (int round = 0; round < 3; round++) {
            int writers = 8;
            Seen seen = store().read(NAME);
            Clockwork clockwork = Clockwork.system();
            CountDownLatch all = new CountDownLatch(writers);
            ConcurrentLinkedQueue<Seen> won = new ConcurrentLinkedQueue<>();
            ConcurrentLinkedQueue<Throwable> lost = new ConcurrentLinkedQueue<>();
            List<Task> tasks = new ArrayList<>();
            for (int i = 0; i < writers; i++) {
                Node node = Node.named("writer-" + i);
                tasks.add(clockwork.start(node.id(), () -> {
                    all.countDown();
                    try {
                        all.await();
                        won.add(store().write(NAME, seen, held(node, next(seen), 0)));
                    } catch (InterruptedException | RuntimeException e) {
                        lost.add(e);
                    }
                }));
            }
            for (Task task : tasks) {
                assertThat(task.join(Duration.ofMinutes(1))).isTrue();
            }
            assertThat(won).hasSize(1);
            assertThat(lost).hasSize(writers - 1).hasOnlyElementsOfType(ConflictException.class);
            assertThat(store().read(NAME)).isEqualTo(won.peek());
        }
    }

    @Test
    @DisplayName("LS6: what a write answers is as good for the next one as what a read answers")
    void write_fromTheLastAnswer_goesThrough() throws Exception {
        Seen seen = take(NAME, WEST);
        Epoch epoch = seen.record().orElseThrow().epoch();
        for (int i = 1; i <= 5; i++) {
            seen = store().write(NAME, seen, held(WEST, epoch, i));
        }
        seen = store().write(NAME, store().read(NAME), held(WEST, epoch, 6));
        assertThat(store().read(NAME)).isEqualTo(seen);
        assertThat(seen.record()).contains(held(WEST, epoch, 6));
    }

    @Test
    @DisplayName("LS7: to write the same again is a change")
    void write_theSameAgain_changesTheVersion() throws Exception {
        Seen first = take(NAME, WEST);
        LeaseRecord same = first.record().orElseThrow();
        Seen second = store().write(NAME, first, same);
        assertThat(second.version()).isNotEqualTo(first.version());
        assertThatThrownBy(() -> store().write(NAME, first, same)).isInstanceOf(ConflictException.class);
    }

    @Test
    @DisplayName("LS8: a deleted one is no more, and who saw it writes nothing")
    void write_deletedSince_isAConflict() throws Exception {
        Seen taken = take(NAME, WEST);
        LeaseRecord record = taken.record().orElseThrow();
        delete(NAME);
        assertThat(store().read(NAME).record()).isEmpty();
        assertThat(store().list(NAME)).isEmpty();
        assertThatThrownBy(() -> store().write(NAME, taken, record)).isInstanceOf(ConflictException.class);
        assertThat(store().read(NAME).record()).isEmpty();
    }

    @Test
    @DisplayName("LS9: the epoch of a deleted one is not forgotten, however often")
    void floor_deleted_isNoLowerThanAnyEpochBefore() throws Exception {
        List<Epoch> epochs = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Seen taken = take(NAME, WEST);
            Seen renewed = store().write(
                            NAME,
                            taken,
                            held(EAST, taken.record().orElseThrow().epoch().next(), 0));
            epochs.add(taken.record().orElseThrow().epoch());
            epochs.add(renewed.record().orElseThrow().epoch());
            delete(NAME);
            assertThat(store().read(NAME).floor()).isGreaterThanOrEqualTo(epochs.get(epochs.size() - 1));
        }
        assertThat(epochs).isSorted().doesNotHaveDuplicates();
    }

    @Test
    @DisplayName("LS10: no version comes back, not even with the same record after a deletion")
    void version_deletedAndWrittenAgain_isAnother() throws Exception {
        Seen none = store().read(NAME);
        Seen taken = store().write(NAME, none, held(WEST, next(none), 0));
        delete(NAME);
        Seen gone = store().read(NAME);
        Seen again = store().write(NAME, gone, held(WEST, next(gone), 0));
        assertThat(List.of(none.version(), taken.version(), gone.version(), again.version()))
                .doesNotHaveDuplicates();
        assertThatThrownBy(() -> store().write(NAME, taken, held(WEST, next(taken), 1)))
                .isInstanceOf(ConflictException.class);
        assertThatThrownBy(() -> store().write(NAME, none, held(EAST, next(none), 0)))
                .isInstanceOf(ConflictException.class);
    }

    @Test
    @DisplayName("LS11: the floor is never below the epoch of what stands there")
    void floor_held_isNoLowerThanItsEpoch() throws Exception {
        Seen taken = take(NAME, WEST);
        for (Seen seen : List.of(taken, store().read(NAME), store().list(NAME).get(NAME))) {
            assertThat(seen.floor())
                    .isGreaterThanOrEqualTo(seen.record().orElseThrow().epoch());
        }
    }

    @Test
    @DisplayName("LS12: a list has every lease of the prefix, by name, as a read has it, and no other")
    void list_somePrefix_hasThoseAlone() throws Exception {
        take("shop/nodes/west-1", WEST);
        take("shop/nodes/east-1", EAST);
        take("shop", WEST);
        take("shops", WEST);
        take("other/nodes/west-1", WEST);
        Map<String, Seen> nodes = store().list("shop/nodes/");
        assertThat(nodes.keySet()).containsExactly("shop/nodes/east-1", "shop/nodes/west-1");
        assertThat(nodes.get("shop/nodes/east-1")).isEqualTo(store().read("shop/nodes/east-1"));
        assertThat(store().list("").keySet())
                .contains("other/nodes/west-1", "shop", "shop/nodes/east-1", "shop/nodes/west-1", "shops");
    }

    @Test
    @DisplayName("LS13: any two names are two leases")
    void names_alike_areDifferentLeases() throws Exception {
        List<String> names = List.of(
                "shop",
                "Shop",
                "shop ",
                "shop/a",
                "shop-a",
                "shop_a",
                "shop.a",
                "shop%2fa",
                "shop\\a",
                "../shop",
                "ü",
                "u",
                "x".repeat(300),
                "x".repeat(299) + "y");
        for (int i = 0; i < names.size(); i++) {
            assertThat(store().read(names.get(i)).record()).as(names.get(i)).isEmpty();
            take(names.get(i), Node.named("node-" + i));
        }
        for (int i = 0; i < names.size(); i++) {
            assertThat(store().read(names.get(i)).record().flatMap(LeaseRecord::holder))
                    .as(names.get(i))
                    .contains(Node.named("node-" + i));
        }
        assertThat(store().list("").keySet()).containsAll(names);
    }
}
