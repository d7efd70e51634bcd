package io.drkit.testkit.share;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.share.CompareMode;
import io.drkit.core.share.DeleteGuard;
import io.drkit.core.share.FileTree;
import io.drkit.core.share.FileTreeSynchronizer;
import io.drkit.core.share.ShareSynchronizer;
import io.drkit.core.share.SyncOptions;
import io.drkit.core.share.SyncResult;
import io.drkit.core.share.TreePath;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.share.FaultyFileTree.Operation;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What somebody else, or the file system itself, does to a target while it is synchronised. */
class TargetHazardsTest {
    private static final Instant NOON = Instant.parse("2026-03-04T12:00:00Z");
    private static final SyncOptions DELETING =
            SyncOptions.builder().deleteExtraneous(DeleteGuard.defaults()).build();

    private final InMemoryFileTree source = InMemoryFileTree.named("source");
    private final InMemoryFileTree target = InMemoryFileTree.named("target");
    private final FaultyFileTree to = FaultyFileTree.around(target);
    private final ShareSynchronizer<FileTree> shares = new FileTreeSynchronizer(Clockwork.system());

    @Test
    void sync_targetFileWrittenDuringTheCopy_isNotOverwritten() throws Exception {
        source.file("f", bytes("source's"), NOON.plusSeconds(60));
        target.file("f", bytes("old"), NOON);
        to.after(Operation.STAGE, "f", () -> target.file("f", bytes("application's"), NOON.plusSeconds(90)));

        SyncResult result = shares.sync(
                source,
                to,
                SyncOptions.builder().compare(CompareMode.NEWER_WINS).build());

        assertThat(target.content("f")).contains(bytes("application's"));
        assertThat(result.state()).isEqualTo(SyncResult.State.INCOMPLETE);
        assertThat(result.findings().line()).contains("f");
        assertThat(TreeEditor.temporaries(target)).isEmpty();
    }

    @Test
    void sync_targetFileMadeDuringTheCopy_isNotOverwritten() throws Exception {
        source.file("f", bytes("source's"), NOON);
        to.after(Operation.STAGE, "f", () -> target.file("f", bytes("application's"), NOON.plusSeconds(90)));

        SyncResult result = shares.sync(source, to, SyncOptions.defaults());

        assertThat(target.content("f")).contains(bytes("application's"));
        assertThat(result.state()).isEqualTo(SyncResult.State.INCOMPLETE);
    }

    @Test
    void sync_extraneousFileWrittenAfterTheLook_isNotDeleted() throws Exception {
        source.file("f", bytes("1"), NOON);
        target.file("extra", bytes("old"), NOON);
        to.before(Operation.DELETE, "extra", () -> target.file("extra", bytes("new"), NOON.plusSeconds(90)));

        SyncResult result = shares.sync(source, to, DELETING);

        assertThat(target.content("extra")).contains(bytes("new"));
        assertThat(result.state()).isEqualTo(SyncResult.State.INCOMPLETE);
    }

    @Test
    void sync_somethingPutIntoAnExtraneousDirectory_isSaid() throws Exception {
        source.file("f", bytes("1"), NOON);
        target.file("gone/g", bytes("2"), NOON);
        to.after(Operation.DELETE, "gone/g", () -> target.file("gone/late", bytes("3"), NOON));

        SyncResult result = shares.sync(source, to, DELETING);

        assertThat(target.has("gone/late")).isTrue();
        assertThat(result.state()).isEqualTo(SyncResult.State.INCOMPLETE);
        assertThat(result.findings().line()).contains("gone");
    }

    @Test
    void sync_somethingPutIntoAnEmptyDirectoryThatBecomesAFile_isNotRemoved() throws Exception {
        source.file("x", bytes("1"), NOON);
        target.file("x/f", bytes("2"), NOON).vanish("x/f");
        to.after(Operation.STAGE, "x", () -> target.file("x/late", bytes("3"), NOON));

        SyncResult result = shares.sync(source, to, SyncOptions.defaults());

        assertThat(target.has("x/late")).isTrue();
        assertThat(result.state()).isEqualTo(SyncResult.State.INCOMPLETE);
    }

    @Test
    void sync_namesThatDifferInCaseToTargetThatIgnoresIt_saysThatOneIsMissing() throws Exception {
        target.ignoringCase();
        source.file("d/a.txt", bytes("one"), NOON).file("d/A.txt", bytes("two!"), NOON);

        SyncResult result = shares.sync(source, target, SyncOptions.defaults());

        assertThat(result.state()).isEqualTo(SyncResult.State.INCOMPLETE);
        assertThat(result.findings().line()).containsIgnoringCase("d/a.txt").contains("see who writes to the target");
    }

    @Test
    void sync_nameThatChangedItsCaseToTargetThatIgnoresIt_losesNothing() throws Exception {
        target.ignoringCase().file("README", bytes("old"), NOON);
        source.file("Readme", bytes("new!"), NOON.plusSeconds(60));

        SyncResult result = shares.sync(source, target, DELETING);

        assertThat(target.stat(TreePath.of("readme"))).isPresent();
        assertThat(result.state()).isEqualTo(SyncResult.State.INCOMPLETE);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
