package io.drkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.drkit.core.BlockedException;
import io.drkit.core.DrException;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.ActionExecutor.Watcher;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.testkit.postgres.ServerPart;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A controller that was paused, or whose links dropped, wakes beside the one that has taken its switchover over. */
class SwitchoverTakenOverTest extends SharedPair {
    private final PostgresReplicaPromoter promoter = PostgresReplicaPromoter.builder()
            .promoteTimeout(Duration.ofMillis(700))
            .stopTimeout(Duration.ofSeconds(10))
            .policy(ExecutionPolicy.builder().timeout(Duration.ofSeconds(5)).build())
            .build();

    /** A context that is paused where it asks for its authority for the nth time, and finds its journal gone then. */
    private static Recorder pausedAt(int authority, Duo.Condition meanwhile) {
        return new Recorder() {
            private int asked;

            @Override
            public void requireAuthority() {
                asked++;
                if (asked == authority) {
                    during(meanwhile);
                }
                if (asked >= authority) {
                    throw sessionGone();
                }
            }
        };
    }

    private static BlockedException sessionGone() {
        return new BlockedException(
                "journal.unreachable",
                Problem.expected("to ask the journal")
                        .found("that its session broke")
                        .remedy("resume"),
                null);
    }

    private static void during(Duo.Condition meanwhile) {
        try {
            assertThat(meanwhile.holds()).isTrue();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private boolean anotherEndsIt() throws Exception {
        ActionExecutor.on(Duo.CLOCK)
                .execute(PostgresReplicaPromoter.withDefaults().switchover(from(), to()), new Recorder(), Watcher.NONE);
        assertThat(duo.pair.writable()).containsExactly(to);
        duo.write(to, "order at the new primary");
        return true;
    }

    @Test
    @DisplayName("D4, F3, F13: a paused controller whose journal is gone does not undo what another has ended")
    void switchover_pausedBeforeThePromotionWhileAnotherEndsIt_onePrimary() throws Exception {
        Recorder paused = pausedAt(3, this::anotherEndsIt);

        Throwable ended = catchThrowable(() -> apply(promoter.switchover(from(), to()), paused));

        assertThat(duo.pair.writable()).containsExactly(to);
        assertThat(ended).isInstanceOf(DrException.class).hasMessageContaining("postgres.abort-incomplete");
    }

    @Test
    @DisplayName("D4, F3, F13: outside any run too, a switchover is not undone that another has ended")
    void switchover_agentFailsAfterAnotherEndedIt_onePrimary() throws Exception {
        boolean[] fenced = new boolean[1];
        PostgresNode source = from(moment -> {
            if (moment.equals("after write standby.signal")) {
                fenced[0] = true;
            } else if (fenced[0] && moment.equals("before running")) {
                fenced[0] = false;
                during(this::anotherEndsIt);
                throw new IOException("the line broke");
            }
        });

        Throwable ended = catchThrowable(() -> apply(promoter.switchover(source, to()), new Recorder()));

        assertThat(duo.pair.writable()).containsExactly(to);
        assertThat(ended)
                .isInstanceOf(DrException.class)
                .hasMessageContaining("postgres.abort-incomplete")
                .hasMessageContaining("the line broke");
    }

    @Test
    @DisplayName(
            "D4, F3, F13: whoever resumes writes its own name first, so that a promotion it asked for is not undone")
    void switchover_agentFailsWhileAnotherAwaitsItsPromotion_onePrimary() throws Exception {
        boolean[] fenced = new boolean[1];
        PostgresNode source = from(moment -> {
            if (moment.equals("after write standby.signal")) {
                fenced[0] = true;
            } else if (fenced[0] && moment.equals("before running")) {
                fenced[0] = false;
                to.pause(ServerPart.STARTUP);
                Throwable open = catchThrowable(() -> apply(promoter.switchover(from(), to()), new Recorder()));
                assertThat(open).hasMessageContaining("postgres.promotion-unknown");
                throw new IOException("the line broke");
            }
        });

        Throwable ended = catchThrowable(() -> apply(promoter.switchover(source, to()), new Recorder()));
        to.resume();
        Duo.until(() -> duo.writable(to));

        assertThat(duo.pair.writable()).containsExactly(to);
        assertThat(ended).isInstanceOf(StaleEpochException.class).hasMessageContaining("postgres.stale-epoch");
    }

    @Test
    @DisplayName(
            "D4, F2, F8: a command that was held up until another had ended the switchover takes the old primary's bar off no more")
    void switchover_puttingBackIsHeldUpWhileAnotherEndsIt_oldPrimaryStaysBarred() throws Exception {
        boolean[] fenced = new boolean[2];
        PostgresNode source = from(moment -> {
            if (moment.equals("after write standby.signal")) {
                fenced[0] = true;
            } else if (fenced[0] && !fenced[1] && moment.equals("before running")) {
                fenced[1] = true;
                throw new IOException("the line broke");
            } else if (fenced[1] && moment.equals("before remove standby.signal")) {
                // it had asked whose the switchover is, a moment ago
                during(this::anotherEndsIt);
            }
        });

        Throwable ended = catchThrowable(() -> apply(promoter.switchover(source, to()), new Recorder()));

        assertThat(ended).isInstanceOf(DrException.class).hasMessageContaining("postgres.abort-incomplete");
        assertThat(from.dataDirectory().resolve("standby.signal")).exists();
        // as a reboot of the machine would
        from.restart();
        assertThat(duo.pair.writable()).containsExactly(to);
    }

    @Test
    @DisplayName("D4, F13: a step that loses its authority while it puts the old primary back starts nothing more")
    void switchover_authorityLostWhilePuttingBack_stoppedWhereItIs() throws Exception {
        StaleEpochException stale = new StaleEpochException(
                "run.step-given-up", Problem.expected("1").found("2").remedy("stop"));
        for (int at = 4; at <= 6; at++) {
            int last = at;
            Recorder context = new Recorder() {
                private int asked;

                @Override
                public void requireAuthority() {
                    asked++;
                    if (asked == 3) {
                        throw sessionGone();
                    }
                    if (asked >= last) {
                        throw stale;
                    }
                }
            };
            Throwable ended = catchThrowable(() -> apply(promoter.switchover(from(), to()), context));
            assertThat(ended).as("at %s", at).isSameAs(stale);
            assertThat(from.running()).as("at %s", at).isFalse();
            assertThat(from.dataDirectory().resolve(SwitchoverNote.PATH)).exists();

            anotherEndsIt();
            findRoles();
        }
    }

    @Test
    @DisplayName("D4, F8: what was acknowledged after a switchover was called off is not lost by the next one")
    void switchover_resumedAfterTheOldPrimaryWroteOnAndCrashed_nothingIsLost() throws Exception {
        Recorder refused = new Recorder() {
            private int asked;

            @Override
            public void requireAuthority() {
                if (++asked == 3) {
                    throw sessionGone();
                }
            }
        };
        PostgresNode source = from(moment -> {
            if (moment.equals("after start")) {
                throw new MortalContext.Death();
            }
        });
        Throwable died = catchThrowable(() -> apply(promoter.switchover(source, to()), refused));
        assertThat(died).isInstanceOf(MortalContext.Death.class);
        assertThat(duo.pair.writable()).containsExactly(from);
        duo.pair.partition();
        duo.write(from, "acknowledged since");
        duo.pair.kill9(from);
        duo.pair.heal();

        Recorder next = new Recorder();
        Throwable ended = catchThrowable(() -> apply(promoter.switchover(from(), to()), next));

        assertThat(next.losses).isEmpty();
        assertThat(ended).isInstanceOf(BlockedException.class).hasMessageContaining("postgres.not-clean");
        assertThat(duo.pair.writable()).containsExactly(from);
        assertThat(duo.holds(from, "acknowledged since")).isTrue();

        duo.pair.awaitCaughtUp(from, SOON);
        anotherEndsIt();
        assertThat(duo.holds(to, "acknowledged since")).isTrue();
    }

    @Test
    @DisplayName("D4, F8: a fenced primary that somebody let write is not taken for drained")
    void switchover_fencedPrimaryWroteOn_refused() throws Exception {
        PostgresNode source = from(moment -> {
            if (moment.equals("after write standby.signal")) {
                throw new MortalContext.Death();
            }
        });
        assertThat(catchThrowable(() -> apply(promoter.switchover(source, to()), new Recorder())))
                .isInstanceOf(MortalContext.Death.class);
        from.remove("standby.signal");
        duo.pair.partition();
        from.start();
        duo.write(from, "by hand");
        from.stop(io.drkit.core.replica.NodeAgent.Stop.CLEAN);
        duo.pair.heal();

        Recorder next = new Recorder();
        Throwable ended = catchThrowable(() -> apply(promoter.switchover(from(), to()), next));

        assertThat(ended).isInstanceOf(BlockedException.class).hasMessageContaining("postgres.fence-broken");
        assertThat(next.losses).isEmpty();
        assertThat(duo.pair.writable()).isEmpty();
        from.start();
        assertThat(duo.holds(from, "by hand")).isTrue();
        from.remove(SwitchoverNote.PATH);
    }

    @Test
    @DisplayName("D4, F14: a target that a person promoted before it was drained is not reported as holding everything")
    void switchover_targetPromotedByHandBeforeTheDrain_lossIsNotDenied() throws Exception {
        duo.sql(from, "DROP SCHEMA IF EXISTS drkit_probe CASCADE");
        for (String grant : LeastPrivilegeTest.GRANTS) {
            if (!grant.contains("pg_read_binary_file")) {
                duo.sql(from, grant.replace("drkit", "plain"));
            }
        }
        duo.pair.awaitCaughtUp(from, SOON);
        PostgresNode source = duo.node(from, new WatchedAgent(from, moment -> {
                    if (moment.equals("before stop")) {
                        duo.pair.partition();
                        try {
                            duo.write(from, "acknowledged, unsent");
                        } catch (java.sql.SQLException e) {
                            throw new IOException(e);
                        }
                    }
                    if (moment.equals("after stop")) {
                        throw new MortalContext.Death();
                    }
                }))
                .user("plain")
                .build();
        PostgresNode target = duo.node(to, to).user("plain").build();
        assertThat(catchThrowable(() -> apply(promoter.switchover(source, target), new Recorder())))
                .isInstanceOf(MortalContext.Death.class);
        duo.sql(to, "SELECT pg_promote()");
        duo.pair.heal();

        Recorder next = new Recorder();
        Throwable ended = catchThrowable(() ->
                apply(promoter.switchover(duo.node(from, from).user("plain").build(), target), next));

        assertThat(next.losses).isEmpty();
        assertThat(ended).isInstanceOf(BlockedException.class).hasMessageContaining("postgres.missing-grant");
        assertThat(from.running()).isFalse();
        assertThat(from.dataDirectory().resolve("standby.signal")).doesNotExist();

        // with the right to read the history it is seen what is missing
        assertThat(catchThrowable(() -> apply(promoter.switchover(from(), to()), next)))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("postgres.diverged");
        assertThat(next.losses).isEmpty();
        assertThat(from.running()).isFalse();
    }

    @Test
    @DisplayName(
            "D4: a target that a person promoted when it had everything is proven by its history, after a crash too")
    void switchover_targetPromotedByHandWhenItHadEverything_ended() throws Exception {
        PostgresNode source = from(moment -> {
            if (moment.equals("after stop")) {
                throw new MortalContext.Death();
            }
        });
        assertThat(catchThrowable(() -> apply(promoter.switchover(source, to()), new Recorder())))
                .isInstanceOf(MortalContext.Death.class);
        duo.sql(to, "SELECT pg_promote()");
        PostgresNode dying = from(moment -> {
            if (moment.equals("after start")) {
                throw new MortalContext.Death();
            }
        });
        assertThat(catchThrowable(() -> apply(promoter.switchover(dying, to()), new Recorder())))
                .isInstanceOf(MortalContext.Death.class);

        Recorder next = new Recorder();
        ActionExecutor.on(Duo.CLOCK).execute(promoter.switchover(from(), to()), next, Watcher.NONE);
        assertThat(duo.pair.writable()).containsExactly(to);
        assertThat(next.losses).hasSize(1);
        assertThat(from.dataDirectory().resolve(SwitchoverNote.PATH)).doesNotExist();
    }
}
