package io.drkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.drkit.core.ConflictException;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.ActionExecutor.Watcher;
import io.drkit.core.replica.FenceProof;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Commands of a switchover that was called off, which reach the old primary when it has been fenced. */
class LateCommandTest extends SharedPair {
    private final PostgresReplicaPromoter promoter = PostgresReplicaPromoter.withDefaults();

    /** A switchover that fails once it has barred the old primary; what takes that bar off again is held up meanwhile. */
    private Throwable calledOff(Duo.Condition meanwhile) {
        boolean[] broken = new boolean[2];
        PostgresNode source = from(moment -> {
            if (moment.equals("after write standby.signal")) {
                broken[0] = true;
            } else if (broken[0] && !broken[1] && moment.equals("before running")) {
                broken[1] = true;
                throw new IOException("the line broke");
            } else if (broken[1] && moment.equals("before remove standby.signal")) {
                try {
                    assertThat(meanwhile.holds()).isTrue();
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            }
        });
        Throwable ended = catchThrowable(() -> apply(promoter.switchover(source, to()), new Recorder()));
        if (ended instanceof AssertionError failed) {
            throw failed;
        }
        return ended;
    }

    private boolean tombstoned() {
        return from.dataDirectory().resolve("standby.signal").toFile().exists();
    }

    @Test
    @DisplayName(
            "D4, F2, F8: a switchover that was called off takes a fence off no more, however late its command comes")
    void fence_whileTheBarsRemovalIsHeldUp_stands() throws Exception {
        FenceProof[] proof = new FenceProof[1];

        Throwable ended = calledOff(() -> {
            proof[0] = PostgresFences.stopping(from()).fence(new Recorder());
            return true;
        });

        assertThat(proof[0]).isInstanceOf(FenceProof.Confirmed.class);
        assertThat(tombstoned()).isTrue();
        assertThat(ended).hasMessageContaining("postgres.abort-incomplete");
        assertThat(duo.pair.writable()).isEmpty();

        // whoever resumes the switchover goes on from there
        ActionExecutor.on(Duo.CLOCK).execute(promoter.switchover(from(), to()), new Recorder(), Watcher.NONE);
        assertThat(duo.pair.writable()).containsExactly(to);
        assertThat(from.dataDirectory().resolve(SwitchoverNote.PATH)).doesNotExist();
    }

    @Test
    @DisplayName("D4, F8: the bar's removal that comes between a fence's bar and its proof is seen")
    void fence_barsRemovalComesInBetween_putUpAgain() throws Exception {
        boolean[] late = new boolean[1];
        PostgresNode fenced = from(moment -> {
            if (moment.equals("after write standby.signal") && !late[0]) {
                late[0] = true;
                from.remove("standby.signal");
            }
        });
        assertThat(PostgresFences.stopping(fenced).fence(new Recorder())).isInstanceOf(FenceProof.Confirmed.class);
        assertThat(tombstoned()).isTrue();
    }

    @Test
    void fence_noteWrittenMeanwhile_triedAgainAndUnknownInTheEnd() throws Exception {
        calledOff(() -> {
            for (int conflicts = 1; conflicts <= 2; conflicts++) {
                int[] left = {conflicts};
                PostgresNode contended = from(moment -> {
                    if (moment.equals("before write drkit.switchover") && left[0]-- > 0) {
                        throw new ConflictException(
                                "test.conflict",
                                Problem.expected("1").found("2").remedy("look again"));
                    }
                });
                FenceProof proof = PostgresFences.stopping(contended).fence(new Recorder());
                assertThat(proof).isInstanceOf(conflicts == 1 ? FenceProof.Confirmed.class : FenceProof.Unknown.class);
                assertThat(tombstoned()).isTrue();
                if (conflicts == 1) {
                    // in other hands again
                    SwitchoverNote note = new DataDirectory(from()).note().orElseThrow();
                    from.write(
                            SwitchoverNote.PATH,
                            note.by("another", note.epoch()).content());
                }
            }
            return true;
        });
    }

    @Test
    void fence_noteUnreadable_barredButUnknown() throws Exception {
        from.write(SwitchoverNote.PATH, "format=9\n".getBytes(StandardCharsets.UTF_8));

        FenceProof proof = PostgresFences.stopping(from()).fence(new Recorder());

        assertThat(proof).isInstanceOf(FenceProof.Unknown.class);
        assertThat(proof.toString()).contains("no readable note");
        assertThat(tombstoned()).isTrue();
        from.remove(SwitchoverNote.PATH);
        assertThat(PostgresFences.stopping(from()).fence(new Recorder())).isInstanceOf(FenceProof.Confirmed.class);
    }

    @Test
    @DisplayName("D4, F2, F8: nor does it take the bar off a server that is being made a standby")
    void rejoin_diesWhileTheBarsRemovalIsHeldUp_barStands() throws Exception {
        calledOff(() -> {
            duo.sql(to, "SELECT pg_promote()");
            PostgresNode dying = from(moment -> {
                if (moment.equals("before start")) {
                    throw new MortalContext.Death();
                }
            });
            assertThat(catchThrowable(() -> apply(promoter.rejoin(dying, to()), new Recorder())))
                    .isInstanceOf(MortalContext.Death.class);
            return true;
        });

        assertThat(tombstoned()).isTrue();
        ActionExecutor.on(Duo.CLOCK).execute(promoter.rejoin(from(), to()), new Recorder(), Watcher.NONE);
        assertThat(duo.pair.writable()).containsExactly(to);
        assertThat(from.dataDirectory().resolve(SwitchoverNote.PATH)).doesNotExist();
    }

    /** The note in the hands of a run that has taken the switchover over. */
    private SwitchoverNote takenOver() throws Exception {
        SwitchoverNote note = new DataDirectory(from()).note().orElseThrow();
        SwitchoverNote next = note.by("another", note.epoch());
        from.write(SwitchoverNote.PATH, next.content());
        return next;
    }

    @Test
    @DisplayName("D4, F3, F13: who wakes when another has taken the switchover over removes no note of that one")
    void switchover_takenOverBeforeItRemovesTheNote_noteStands() throws Exception {
        for (String moment : new String[] {"before remove drkit.switchover", "before start"}) {
            findRoles();
            SwitchoverNote[] next = new SwitchoverNote[1];
            PostgresNode source = from(now -> {
                if (now.equals(moment) && next[0] == null) {
                    try {
                        next[0] = takenOver();
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                }
            });

            Throwable ended = catchThrowable(() -> apply(promoter.switchover(source, to()), new Recorder()));

            assertThat(ended).as(moment).isInstanceOf(ConflictException.class);
            assertThat(from.read(SwitchoverNote.PATH)).as(moment).isEqualTo(next[0].content());
            assertThat(from.running()).as(moment).isEqualTo(!moment.equals("before start"));
            ActionExecutor.on(Duo.CLOCK).execute(promoter.switchover(from(), to()), new Recorder(), Watcher.NONE);
            assertThat(duo.pair.writable()).containsExactly(to);
        }
    }

    @Test
    @DisplayName("D4, F13: who has lost the authority when the standby streams leaves the note to who has it")
    void switchover_authorityLostBeforeItRemovesTheNote_noteStands() throws Exception {
        StaleEpochException stale = new StaleEpochException(
                "test.stale", Problem.expected("1").found("2").remedy("stop"));
        boolean[] started = new boolean[1];
        PostgresNode source = from(moment -> started[0] |= moment.equals("after start"));
        Recorder context = new Recorder() {
            @Override
            public void requireAuthority() {
                if (started[0]) {
                    throw stale;
                }
            }
        };

        Throwable ended = catchThrowable(() -> apply(promoter.switchover(source, to()), context));

        assertThat(ended).isSameAs(stale);
        assertThat(from.dataDirectory().resolve(SwitchoverNote.PATH)).exists();
        ActionExecutor.on(Duo.CLOCK).execute(promoter.switchover(from(), to()), new Recorder(), Watcher.NONE);
        assertThat(from.dataDirectory().resolve(SwitchoverNote.PATH)).doesNotExist();
    }

    @Test
    @DisplayName("D4, F13: what a switchover has proven of another's promotion is not written over who took it over")
    void switchover_takenOverBeforeItNotesWhatIsProven_noteStands() throws Exception {
        PostgresNode dying = from(moment -> {
            if (moment.equals("after stop")) {
                throw new MortalContext.Death();
            }
        });
        assertThat(catchThrowable(() -> apply(promoter.switchover(dying, to()), new Recorder())))
                .isInstanceOf(MortalContext.Death.class);
        duo.sql(to, "SELECT pg_promote()");
        SwitchoverNote[] next = new SwitchoverNote[1];
        int[] writes = new int[1];
        PostgresNode source = from(moment -> {
            // the first of its writes claims the note
            if (moment.equals("before write drkit.switchover") && ++writes[0] == 2) {
                try {
                    next[0] = takenOver();
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            }
        });

        Throwable ended = catchThrowable(() -> apply(promoter.switchover(source, to()), new Recorder()));

        assertThat(ended).isInstanceOf(ConflictException.class);
        assertThat(from.read(SwitchoverNote.PATH)).isEqualTo(next[0].content());
        ActionExecutor.on(Duo.CLOCK).execute(promoter.switchover(from(), to()), new Recorder(), Watcher.NONE);
        assertThat(duo.pair.writable()).containsExactly(to);
    }
}
