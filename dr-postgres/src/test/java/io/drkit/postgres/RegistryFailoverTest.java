package io.drkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.BlockedException;
import io.drkit.core.ConflictException;
import io.drkit.core.Epoch;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalEntry.Kind;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.lease.LeaseRecord;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.lease.Node;
import io.drkit.core.readiness.Finding;
import io.drkit.core.readiness.ReadyState;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The server of the journals, or of the leases, is failed over itself, to a standby that lacks its last rows. */
class RegistryFailoverTest {
    private static final JournalKey KEY = new JournalKey("shop", "west", "east");
    private static final JournalKey FORGOTTEN = new JournalKey("other", "west", "east");

    private static JournalEntry began(String run) {
        return new JournalEntry(Kind.RUN_BEGAN, Instant.EPOCH, "", Map.of("run", run));
    }

    private static Epoch begin(PostgresJournalStore store, JournalKey key, String run) {
        try (Journal journal = store.open(key)) {
            Epoch epoch = journal.raiseEpoch(Epoch.NONE);
            journal.begin(began(run));
            return epoch;
        }
    }

    @Test
    @DisplayName(
            "F3, F6: an epoch that a registry has forgotten is not given again before a person has confirmed its failover")
    void open_registryFailedOverAndForgotAnEpoch_refusedUntilConfirmed() throws Exception {
        try (Duo duo = new Duo()) {
            PostgresJournalStore before = new PostgresJournalStore(duo.west());
            assertThat(before.outlivesFailover().run(Duo.CLOCK).why())
                    .as("before anything was written")
                    .doesNotContain("was failed over");
            begin(before, KEY, "one");
            duo.pair.awaitCaughtUp(duo.westServer(), Duration.ofSeconds(20));
            duo.pair.partition();
            Epoch forgotten = begin(before, KEY, "two");
            Epoch ofForgotten = begin(before, FORGOTTEN, "three");
            duo.pair.kill9(duo.westServer());
            duo.sql(duo.eastServer(), "SELECT pg_promote()");

            PostgresJournalStore after = new PostgresJournalStore(duo.east());
            assertThat(after.runs(KEY, 9)).as("anyone may look").containsExactly(java.util.List.of(began("one")));
            assertThatThrownBy(() -> after.open(KEY))
                    .isInstanceOf(BlockedException.class)
                    .hasMessageContaining("journal.registry-failed-over")
                    .hasMessageContaining("PostgresJournalStore.confirmFailover(\"ann\", \"why\")");
            Finding lockedOut = after.outlivesFailover().run(Duo.CLOCK);
            assertThat(lockedOut.state()).isEqualTo(ReadyState.NOT_READY);
            assertThat(lockedOut.why()).contains("was failed over");
            assertThat(lockedOut.remedy()).contains("PostgresJournalStore.confirmFailover(\"ann\", \"why\")");
            assertThatThrownBy(() -> after.takeOver(KEY)).hasMessageContaining("journal.registry-failed-over");
            assertThatThrownBy(() -> after.open(FORGOTTEN)).hasMessageContaining("journal.registry-failed-over");
            assertThatThrownBy(() -> after.confirmFailover("", "no name")).isInstanceOf(IllegalArgumentException.class);

            after.confirmFailover("ann", "both sites were looked at");

            assertThat(after.outlivesFailover().run(Duo.CLOCK).why()).doesNotContain("was failed over");
            assertThat(begin(after, KEY, "four")).isGreaterThan(forgotten);
            assertThat(begin(after, FORGOTTEN, "five")).isGreaterThan(ofForgotten);
            Epoch now = begin(after, KEY, "six");
            after.confirmFailover("ann", "twice");
            assertThat(begin(after, KEY, "seven")).isEqualTo(new Epoch(now.value() + 1));
            assertThat(duo.ask(duo.eastServer(), "SELECT confirmed_by FROM drkit_journal.server"))
                    .isEqualTo("ann");
        }
    }

    private static LeaseRecord heldBy(String node, Epoch epoch, long renewals) {
        return new LeaseRecord(
                Optional.of(new Node(node, node, node + ":1")),
                epoch,
                Duration.ofSeconds(10),
                renewals,
                Optional.empty(),
                Map.of());
    }

    @Test
    @DisplayName(
            "F3, F6: a lease whose server was failed over is given to nobody, and renewed by nobody, until a person confirms it")
    void write_leaseServerFailedOverAndForgotAHolder_refusedUntilConfirmed() throws Exception {
        try (Duo duo = new Duo()) {
            LeaseStore before = new PostgresLeaseStore(duo.west());
            Epoch first = new Epoch(1);
            LeaseStore.Seen ann = before.write("shop", before.read("shop"), heldBy("ann", first, 0));
            duo.pair.awaitCaughtUp(duo.westServer(), Duration.ofSeconds(20));
            duo.pair.partition();
            Epoch forgotten = new Epoch(2);
            before.write("shop", ann, heldBy("bob", forgotten, 0));
            before.write("other", before.read("other"), heldBy("bob", forgotten, 0));
            duo.pair.kill9(duo.westServer());
            duo.sql(duo.eastServer(), "SELECT pg_promote()");

            PostgresLeaseStore after = new PostgresLeaseStore(duo.east());
            assertThat(after.read("shop")
                            .record()
                            .orElseThrow()
                            .holder()
                            .orElseThrow()
                            .id())
                    .as("anyone may look")
                    .isEqualTo("ann");
            assertThatThrownBy(() -> after.write("shop", ann, heldBy("ann", first, 1)))
                    .isInstanceOf(BlockedException.class)
                    .hasMessageContaining("lease.registry-failed-over");
            Finding lockedOut = after.outlivesFailover().run(Duo.CLOCK);
            assertThat(lockedOut.state()).isEqualTo(ReadyState.NOT_READY);
            assertThat(lockedOut.why()).contains("was failed over");
            assertThat(lockedOut.remedy())
                    .contains("the longest ttl")
                    .contains("PostgresLeaseStore.confirmFailover(\"ann\", \"why\")");
            assertThatThrownBy(() -> after.write("other", after.read("other"), heldBy("carl", first, 0)))
                    .hasMessageContaining("lease.registry-failed-over");
            assertThatThrownBy(() -> after.confirmFailover("", "no name")).isInstanceOf(IllegalArgumentException.class);

            after.confirmFailover("ann", "both sites were looked at");

            assertThat(after.outlivesFailover().run(Duo.CLOCK).why()).doesNotContain("was failed over");
            assertThatThrownBy(() -> after.write("shop", ann, heldBy("ann", first, 1)))
                    .as("the one who held it then")
                    .isInstanceOf(ConflictException.class);
            LeaseStore.Seen shop = after.read("shop");
            assertThat(shop.record().orElseThrow().holder()).isEmpty();
            assertThat(shop.floor()).isGreaterThan(forgotten);
            assertThat(after.read("other").floor())
                    .as("whose row was forgotten")
                    .isGreaterThan(forgotten);
            Epoch next = new Epoch(shop.floor().value() + 1);
            LeaseStore.Seen held = after.write("shop", shop, heldBy("carl", next, 0));
            after.confirmFailover("ann", "twice");
            assertThat(after.write("shop", held, heldBy("carl", next, 1)).floor())
                    .isEqualTo(next);
        }
    }
}
