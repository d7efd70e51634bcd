package io.drkit.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.Epoch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is read and written without a server. */
class FormatsTest {
    @Test
    void lsn_text_comesOutAsItWentIn() {
        for (String text : new String[] {"0/0", "0/3061178", "1A/FF", "FFFFFFFF/FFFFFFFF"}) {
            assertThat(Lsn.parse(text)).hasToString(text);
        }
        assertThatIllegalArgumentException().isThrownBy(() -> Lsn.parse("3061178"));
    }

    @Test
    void lsn_aboveTheSignedRange_isStillGreater() {
        Lsn high = Lsn.parse("80000000/0");
        assertThat(high.after(Lsn.parse("7FFFFFFF/FFFFFFFF"))).isTrue();
        assertThat(Lsn.greatest(Lsn.parse("0/1"), high)).isEqualTo(high);
        assertThat(high.beyond(Lsn.parse("7FFFFFFF/FFFFFFFF"))).isEqualTo(1);
        assertThat(Lsn.parse("0/1").beyond(high)).isZero();
    }

    @Test
    void lsn_receivedTornAtAPageEnd_doesNotHoldTheCheckpoint() {
        Lsn checkpoint = Lsn.parse("0/3001FC0");
        assertThat(checkpoint.holdsCheckpointAt(checkpoint)).isFalse();
        assertThat(Lsn.parse("0/3002000").holdsCheckpointAt(checkpoint)).isFalse();
        assertThat(Lsn.parse("0/3002050").holdsCheckpointAt(checkpoint)).isTrue();
        assertThat(Lsn.parse("0/3002000").holdsCheckpointAt(Lsn.parse("0/3001F88")))
                .isTrue();
    }

    private static byte[] control(int format, int state, long checkpoint, long redo) {
        ByteBuffer bytes = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(0, 77)
                .putInt(8, format)
                .putInt(16, state)
                .putLong(32, checkpoint)
                .putLong(40, redo)
                .putInt(48, 3);
        return bytes.array();
    }

    @Test
    void controlFile_shutDown_isCleanOnlyWhereTheRedoBeginsThere() {
        ControlFile file = ControlFile.parse(control(1300, 1, 500, 500));
        assertThat(file.systemId()).isEqualTo(77);
        assertThat(file.timeline()).isEqualTo(3);
        assertThat(file.cleanlyShutDown()).isTrue();
        assertThat(ControlFile.parse(control(1300, 1, 500, 400)).cleanlyShutDown())
                .isFalse();
        assertThat(ControlFile.parse(control(1300, 6, 500, 500)).cleanlyShutDown())
                .isFalse();
        assertThat(ControlFile.parse(control(1300, 2, 500, 500)).cleanlyShutDown())
                .isFalse();
    }

    @Test
    void controlFile_unknownBytes_areRefused() {
        assertThatThrownBy(() -> ControlFile.parse(new byte[20])).hasMessageContaining("20 bytes");
        assertThatThrownBy(() -> ControlFile.parse(control(1300, 9, 0, 0))).hasMessageContaining("state 9");
        assertThatThrownBy(() -> ControlFile.parse(control(0x14050000, 1, 0, 0)))
                .hasMessageContaining("format");
    }

    @Test
    void history_lines_areSwitchPoints() {
        TimelineHistory history = TimelineHistory.parse("1\t0/3000\tno recovery target\n\n# x\n2\t0/5000\tbecause\n");
        assertThat(history.leftAt(1)).contains(Lsn.parse("0/3000"));
        assertThat(history.leftAt(2)).contains(Lsn.parse("0/5000"));
        assertThat(history.leftAt(3)).isEmpty();
    }

    @Test
    void autoConf_following_keepsEveryOtherByte() {
        String before =
                "# Hän\nPRIMARY_CONNINFO = 'old'\nwork_mem = '4MB'\n primary_slot_name='x'\nprimary_slot_names='y'";
        String after = new String(AutoConf.following(before.getBytes(UTF_8), "host='a b' x='it\\'s'", "s"), UTF_8);
        assertThat(after)
                .isEqualTo("# Hän\nwork_mem = '4MB'\nprimary_slot_names='y'\n"
                        + "primary_conninfo = 'host=''a b'' x=''it\\\\''s'''\nprimary_slot_name = 's'\n");
        assertThat(new String(AutoConf.following(after.getBytes(UTF_8), "host='a b' x='it\\'s'", "s"), UTF_8))
                .isEqualTo(after);
    }

    @Test
    void note_content_comesBack() {
        byte[] settings = {0, 1, -1, '\n', '='};
        SwitchoverNote note = new SwitchoverNote(
                SwitchoverNote.Phase.FENCED,
                "run=1",
                new Epoch(4),
                "east",
                3,
                "",
                Optional.of(Lsn.parse("0/30")),
                Optional.of(new SwitchoverNote.Settings(settings)));
        SwitchoverNote read = SwitchoverNote.parse(note.content());
        assertThat(read).usingRecursiveComparison().isEqualTo(note);
        SwitchoverNote bare = new SwitchoverNote(
                SwitchoverNote.Phase.STOPPING, "r", Epoch.NONE, "east", 1, "s", Optional.empty(), Optional.empty());
        assertThat(SwitchoverNote.parse(bare.content()))
                .usingRecursiveComparison()
                .isEqualTo(bare);
        assertThat(SwitchoverNote.parse(new SwitchoverNote(
                                        SwitchoverNote.Phase.STOPPING,
                                        "r",
                                        Epoch.NONE,
                                        "east",
                                        1,
                                        "s",
                                        Optional.empty(),
                                        Optional.of(new SwitchoverNote.Settings(new byte[0])))
                                .content())
                        .settings())
                .isPresent();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SwitchoverNote.parse("format=2\n".getBytes(UTF_8)))
                .withMessageContaining("format");
    }

    @Test
    void node_secret_isNeitherShownNorSentToTheOtherServer() {
        PostgresNode node = PostgresNode.named("west")
                .address("db", 5432)
                .user("drkit")
                .password(() -> "s3cret")
                .replication("db.internal", 5433, "repl")
                .replicationOption("passfile", "/etc/pg it's")
                .build();
        PostgresNode east = PostgresNode.named("east").address("e", 1).user("u").build();
        assertThat(node.toString()).doesNotContain("s3cret");
        assertThat(node.conninfoFor(east))
                .contains(
                        "host='db.internal' port=5433 user='repl' application_name='east'", "passfile='/etc/pg it\\'s'")
                .doesNotContain("s3cret");
    }

    @Test
    void node_badValues_areRefusedAtOnce() {
        PostgresNode.Builder builder = PostgresNode.named("west");
        assertThatIllegalArgumentException().isThrownBy(() -> PostgresNode.named(" "));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.address("a,b", 5432));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.address("a", 0));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.connectTimeout(Duration.ofMillis(1500)));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.replicationOption("password", "x"));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.connectionOption("password", "x"));
        assertThatIllegalStateException().isThrownBy(builder::build);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PostgresReplicaPromoter.builder().maxLag(-1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PostgresReplicaPromoter.builder().drainTimeout(Duration.ZERO));
        PostgresNode node = builder.address("a", 1).user("u").build();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PostgresReplicaPromoter.withDefaults().switchover(node, node));
        assertThatIllegalArgumentException().isThrownBy(() -> PostgresFences.stopping(node));
    }
}
