package io.drkit.testkit.share;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.BlockedException;
import io.drkit.core.ConflictException;
import io.drkit.core.DataLoss;
import io.drkit.core.DeniedException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.Progress;
import io.drkit.core.share.Claim;
import io.drkit.core.share.CompareMode;
import io.drkit.core.share.DeleteGuard;
import io.drkit.core.share.FileEntry;
import io.drkit.core.share.FileTree;
import io.drkit.core.share.FileTreeSynchronizer;
import io.drkit.core.share.FileTreeWriter;
import io.drkit.core.share.ShareSynchronizer;
import io.drkit.core.share.SyncFinding;
import io.drkit.core.share.SyncOptions;
import io.drkit.core.share.SyncPreview;
import io.drkit.core.share.SyncResult;
import io.drkit.core.share.SyncResult.State;
import io.drkit.core.share.TreePath;
import io.drkit.core.share.WritersStopped;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.share.FaultyFileTree.Operation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What a {@link ShareSynchronizer} promises, over trees of any kind. Extend it with a tree of your own to see whether that tree
 * serves; each rule has a number that stays.
 */
public abstract class ShareSynchronizerContract {
    private static final Instant NOON = Instant.parse("2026-03-04T12:00:00Z");
    private static final Instant EARLIER = NOON.minusSeconds(3600);
    private static final Instant LATER = NOON.plusSeconds(3600);
    private static final SyncOptions PLAIN = SyncOptions.defaults();
    private static final SyncOptions DELETING =
            SyncOptions.builder().deleteExtraneous(DeleteGuard.defaults()).build();
    private static final String DEAD_RUN = "00000000dead";

    private FileTree source;
    private FileTree target;
    private FaultyFileTree from;
    private FaultyFileTree to;
    private ShareSynchronizer<FileTree> shares;

    /** A new empty tree, apart from all others. */
    protected abstract FileTree newTree() throws Exception;

    /** What is tested; by default a {@link FileTreeSynchronizer} on the machine's time. */
    protected ShareSynchronizer<FileTree> newSynchronizer() {
        return new FileTreeSynchronizer(Clockwork.system());
    }

    @BeforeEach
    void build() throws Exception {
        source = newTree();
        target = newTree();
        from = FaultyFileTree.around(source);
        to = FaultyFileTree.around(target);
        shares = newSynchronizer();
    }

    @Test
    @DisplayName("Y01: new files and directories come over, empty ones too, and a second run changes nothing")
    void rule01_newTree_isCopiedOnce() throws Exception {
        TreeEditor.of(source)
                .file("a", "1", NOON)
                .file("d/b", "22", LATER)
                .file("d/empty", "", NOON)
                .directory("e/f");

        SyncResult first = shares.sync(from, to, PLAIN);
        SyncResult second = shares.sync(from, to, PLAIN);

        assertThat(first.state()).as(first.line()).isEqualTo(State.CONSISTENT);
        assertThat(first.totals().copied()).isEqualTo(3);
        assertThat(first.totals().bytes()).isEqualTo(3);
        assertSame();
        assertThat(second.totals().changesAnything()).as(second.line()).isFalse();
        assertThat(second.totals().unchanged()).isEqualTo(3);
        assertThat(shares.verify(from, to, PLAIN).state()).isEqualTo(State.CONSISTENT);
    }

    @Test
    @DisplayName("Y02, A5: only the named sub-trees are synchronised, several of them, recursively")
    void rule02_subTrees_areSynchronisedAlone() throws Exception {
        TreeEditor.of(source)
                .file("web/repository/x/y", "1", NOON)
                .file("web/other", "2", NOON)
                .file("recovery/r", "3", NOON)
                .directory("reprocessing")
                .file("logs/l", "4", NOON);
        TreeEditor.of(target).file("logs/mine", "5", NOON).file("recovery/old", "6", NOON);
        SyncOptions options = DELETING.toBuilder()
                .subTrees("web/repository", "recovery", "reprocessing")
                .allowEmptySource("reprocessing")
                .build();

        SyncResult result = shares.sync(from, to, options);

        assertThat(result.state()).as(result.line()).isEqualTo(State.CONSISTENT);
        assertThat(TreeEditor.contents(target))
                .containsOnlyKeys(
                        "logs/",
                        "logs/mine",
                        "recovery/",
                        "recovery/r",
                        "reprocessing/",
                        "web/",
                        "web/repository/",
                        "web/repository/x/",
                        "web/repository/x/y");
        assertThat(from.calls(Operation.LIST)).doesNotContain(TreePath.of("logs"), TreePath.ROOT);
    }

    @Test
    @DisplayName("Y03, A6: a source restored to an older time, and a target edited by somebody, are overwritten")
    void rule03_differs_overwritesWhateverDiffers() throws Exception {
        TreeEditor.of(source).file("restored", "old", EARLIER).file("edited", "right", NOON);
        TreeEditor.of(target).file("restored", "new", NOON).file("edited", "wrong", LATER);

        SyncResult result = shares.sync(from, to, PLAIN);

        assertThat(result.state()).isEqualTo(State.CONSISTENT);
        assertSame();
    }

    @Test
    @DisplayName(
            "Y04, A5: newer wins: newer and same-aged files of another size come over, newer ones in the target are kept and named")
    void rule04_newerWins_keepsNewer() throws Exception {
        TreeEditor.of(source)
                .file("newer", "n2", LATER)
                .file("sized", "longer", NOON)
                .file("older", "o1", EARLIER)
                .file("same", "s", NOON);
        TreeEditor.of(target)
                .file("newer", "n1", NOON)
                .file("sized", "short", NOON)
                .file("older", "o2", NOON)
                .file("same", "s", NOON);
        SyncOptions options =
                SyncOptions.builder().compare(CompareMode.NEWER_WINS).build();

        SyncResult result = shares.sync(from, to, options);

        assertThat(result.state()).isEqualTo(State.CONSISTENT_EXCEPT);
        assertThat(result.findings().paths(SyncFinding.Kind.KEPT_NEWER)).containsExactly(TreePath.of("older"));
        assertThat(TreeEditor.contents(target))
                .containsEntry("newer", "n2")
                .containsEntry("sized", "longer")
                .containsEntry("older", "o2");
    }

    @Test
    @DisplayName("Y05: a file of the same time and another size is copied")
    void rule05_sameTimeOtherSize_isCopied() throws Exception {
        TreeEditor.of(source).file("f", "1234", NOON);
        TreeEditor.of(target).file("f", "123", NOON);

        shares.sync(from, to, PLAIN);

        assertSame();
    }

    @Test
    @DisplayName(
            "Y06: by content, a difference behind equal size and time is copied, and a mere difference of time is not")
    void rule06_content_decides() throws Exception {
        TreeEditor.of(source).file("hidden", "abc", NOON).file("touched", "xyz", LATER);
        TreeEditor.of(target).file("hidden", "abd", NOON).file("touched", "xyz", NOON);
        SyncOptions options = SyncOptions.builder().compare(CompareMode.CONTENT).build();
        assertThat(shares.verify(from, to, PLAIN).findings().paths(SyncFinding.Kind.DIFFERENT))
                .containsExactly(TreePath.of("touched"));

        SyncResult result = shares.sync(from, to, options);

        assertThat(result.totals().copied()).isEqualTo(1);
        assertThat(result.totals().properties()).isEqualTo(1);
        assertThat(to.calls(Operation.STAGE)).containsExactly(TreePath.of("hidden"));
        assertSame();
        assertThat(shares.verify(from, to, options).state()).isEqualTo(State.CONSISTENT);
    }

    @Test
    @DisplayName("Y07: attributes that changed alone are set without copying content")
    void rule07_attributesOnly_setProperties() throws Exception {
        TreeEditor.of(source).file("d/f", "x", NOON);
        shares.sync(from, to, PLAIN);
        Map<String, String> attributes = source.attributes().contains("mode") ? Map.of("mode", "rwxr-----") : Map.of();
        TreeEditor.of(source).properties("d/f", NOON, attributes).properties("d", NOON, attributes);
        long staged = to.calls(Operation.STAGE).size();

        SyncResult result = shares.sync(from, to, PLAIN);

        assertThat(result.state()).isEqualTo(State.CONSISTENT);
        assertThat(result.totals().properties()).isEqualTo(attributes.isEmpty() ? 0 : 2);
        assertThat(to.calls(Operation.STAGE)).hasSize((int) staged);
        assertThat(entry(target, "d/f").attributes()).containsAllEntriesOf(attributes);
        assertThat(entry(target, "d").attributes()).containsAllEntriesOf(attributes);
        assertThat(shares.preview(from, to, PLAIN).inSync()).isTrue();
    }

    @Test
    @DisplayName("Y08: without the choice to delete, what the target has beyond the source stays and is counted")
    void rule08_noDeletes_keepsExtraneous() throws Exception {
        TreeEditor.of(source).file("f", "x", NOON);
        TreeEditor.of(target).file("extra/g", "y", NOON);

        SyncResult result = shares.sync(from, to, PLAIN);

        assertThat(result.state()).isEqualTo(State.CONSISTENT);
        assertThat(result.totals().extraneous()).isEqualTo(2);
        assertThat(TreeEditor.contents(target)).containsKey("extra/g");
    }

    @Test
    @DisplayName("Y09: with it, they go, children before parents, empty directories too, after all copies")
    void rule09_deletes_removeExtraneousLast() throws Exception {
        TreeEditor.of(source).file("f", "x", NOON).directory("kept");
        TreeEditor.of(target)
                .file("a/b/c", "1", NOON)
                .file("a/d", "2", NOON)
                .directory("e")
                .directory("kept");
        AtomicInteger copiesAtFirstDelete = new AtomicInteger(-1);
        for (String path : List.of("a", "a/b", "a/b/c", "a/d", "e")) {
            to.before(
                    Operation.DELETE,
                    path,
                    () -> copiesAtFirstDelete.compareAndSet(
                            -1, to.calls(Operation.COMMIT).size()));
        }

        SyncResult result = shares.sync(from, to, DELETING);

        assertThat(result.state()).as(result.line()).isEqualTo(State.CONSISTENT);
        assertThat(result.totals().deleted()).isEqualTo(5);
        assertThat(copiesAtFirstDelete).hasValue(1);
        assertSame();
    }

    @Test
    @DisplayName(
            "Y10: a directory of the source that cannot be listed loses nothing in the target, and the rest goes on")
    void rule10_failedSourceListing_deletesNothingBelow() throws Exception {
        TreeEditor.of(source).file("bad/seen", "1", NOON).file("good/new", "2", NOON);
        TreeEditor.of(target)
                .file("bad/seen", "1", NOON)
                .file("bad/unseen/deep", "3", NOON)
                .file("good/extra", "4", NOON);
        from.fail(Operation.LIST, "bad", FaultyFileTree.ALWAYS, ShareSynchronizerContract::denied);

        SyncResult result = shares.sync(from, to, DELETING);

        assertThat(result.state()).isEqualTo(State.INCOMPLETE);
        assertThat(result.incompleteDirectories()).containsExactly(TreePath.of("bad"));
        assertThat(TreeEditor.contents(target))
                .containsKeys("bad/seen", "bad/unseen/deep", "good/new")
                .doesNotContainKey("good/extra");
        assertThatThrownBy(result::orThrow)
                .isInstanceOf(UnknownOutcomeException.class)
                .hasMessageContaining("bad");
    }

    @Test
    @DisplayName("Y11: nor does a listing that breaks off after some entries; what it had shown is copied")
    void rule11_listingBreaksOff_deletesNothingBelow() throws Exception {
        TreeEditor.of(source).file("d/new", "1", NOON);
        TreeEditor.of(target).file("d/extra", "2", NOON);
        from.breakListing("d", 1, FaultyFileTree.ALWAYS, ShareSynchronizerContract::denied);

        SyncResult result = shares.sync(from, to, DELETING);

        assertThat(result.state()).isEqualTo(State.INCOMPLETE);
        assertThat(TreeEditor.contents(target)).containsKeys("d/new", "d/extra");
    }

    @Test
    @DisplayName("Y12: nor does a directory of the target that cannot be listed, or not to its end")
    void rule12_failedTargetListing_deletesNothingThere() throws Exception {
        TreeEditor.of(source).file("d/new", "1", NOON).file("d/same", "2", NOON);
        TreeEditor.of(target)
                .file("d/extra", "3", NOON)
                .file("d/same", "2", NOON)
                .file("lost/x", "4", NOON);
        to.breakListing("d", 1, FaultyFileTree.ALWAYS, ShareSynchronizerContract::denied);
        to.fail(Operation.LIST, "lost", FaultyFileTree.ALWAYS, ShareSynchronizerContract::denied);

        SyncResult result = shares.sync(from, to, DELETING);

        assertThat(result.state()).isEqualTo(State.INCOMPLETE);
        assertThat(result.incompleteDirectories()).containsExactly(TreePath.of("d"), TreePath.of("lost"));
        assertThat(result.totals().copied())
                .as("only what a look at the target itself shows to differ")
                .isEqualTo(1);
        assertThat(TreeEditor.contents(target)).containsKeys("d/extra", "d/new", "lost/x");
    }

    @Test
    @DisplayName("Y13: a listing that fails for a moment is asked again")
    void rule13_passingFailure_isTriedAgain() throws Exception {
        TreeEditor.of(source).file("d/f", "1", NOON);
        from.fail(Operation.LIST, "d", 2, ShareSynchronizerContract::unknown);

        assertThat(shares.sync(from, to, DELETING).state()).isEqualTo(State.CONSISTENT);
        assertSame();
    }

    @Test
    @DisplayName("Y14: a file that cannot be read keeps its copy in the target, is named, and stops no other")
    void rule14_unreadableFile_keepsItsCopy() throws Exception {
        TreeEditor.of(source)
                .file("bad", "new", LATER)
                .file("blind", "new", LATER)
                .file("good", "new", LATER);
        TreeEditor.of(target)
                .file("bad", "old!", NOON)
                .file("blind", "old!", NOON)
                .file("good", "old!", NOON);
        from.fail(Operation.READ, "bad", FaultyFileTree.ALWAYS, ShareSynchronizerContract::denied);
        from.fail(Operation.STAT, "blind", FaultyFileTree.ALWAYS, ShareSynchronizerContract::unknown);

        SyncResult result = shares.sync(from, to, DELETING);

        assertThat(result.state()).isEqualTo(State.INCOMPLETE);
        assertThat(result.findings().paths(SyncFinding.Kind.FAILED))
                .containsExactly(TreePath.of("bad"), TreePath.of("blind"));
        assertThat(TreeEditor.contents(target))
                .containsEntry("bad", "old!")
                .containsEntry("blind", "old!")
                .containsEntry("good", "new");
        assertThat(entry(target, "bad").modified()).isEqualTo(NOON);
        assertThat(result.proven()).as("up to when it is whole").isEmpty();
        assertThat(TreeEditor.temporaries(target)).isEmpty();
    }

    @Test
    @DisplayName("Y15: a copy that fails at the target leaves the old bytes, size and time")
    void rule15_failedUpdate_leavesOldCopy() throws Exception {
        for (Operation failing : List.of(Operation.STAGE, Operation.COMMIT)) {
            build();
            TreeEditor.of(source).file("f", "new content", LATER);
            TreeEditor.of(target).file("f", "old", NOON);
            to.fail(failing, "f", FaultyFileTree.ALWAYS, ShareSynchronizerContract::unknown);

            SyncResult result = shares.sync(from, to, PLAIN);

            assertThat(result.state()).isEqualTo(State.INCOMPLETE);
            assertThat(TreeEditor.contents(target)).containsExactly(Map.entry("f", "old"));
            assertThat(entry(target, "f").modified()).isEqualTo(NOON);
            assertThat(TreeEditor.temporaries(target)).isEmpty();
        }
    }

    @Test
    @DisplayName("Y16: a missing source or sub-tree refuses, and nothing is touched")
    void rule16_missingSource_refuses() throws Exception {
        TreeEditor.of(source).file("there/f", "1", NOON);
        TreeEditor.of(target).file("gone/g", "2", NOON);
        SyncOptions options = DELETING.toBuilder().subTrees("there", "gone").build();

        assertThatThrownBy(() -> shares.sync(from, to, options))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("gone")
                .hasMessageContaining("share.source-missing");
        assertThat(TreeEditor.contents(target)).containsOnlyKeys("gone/", "gone/g");
        assertThat(to.calls(Operation.CLAIM)).isEmpty();
    }

    @Test
    @DisplayName("Y17: an empty source refuses unless it is allowed by name")
    void rule17_emptySource_refusesUnlessAllowed() throws Exception {
        TreeEditor.of(source).directory("was/full").remove("was/full").directory("other/d");
        TreeEditor.of(target).file("was/f", "1", NOON);
        SyncOptions careful = DELETING.toBuilder().subTrees("was", "other").build();

        assertThatThrownBy(() -> shares.sync(from, to, careful))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("share.source-empty");
        assertThat(TreeEditor.contents(target)).containsKey("was/f");
        SyncResult allowed = shares.sync(
                from, to, careful.toBuilder().allowEmptySource("was").build());

        assertThat(allowed.state()).isEqualTo(State.CONSISTENT);
        assertThat(TreeEditor.contents(target)).containsOnlyKeys("was/", "other/", "other/d/");
    }

    @Test
    @DisplayName("Y18: deletes beyond the guard: not one is made, the preview said so, and the copies are there")
    void rule18_guard_refusesAllRemovals() throws Exception {
        TreeEditor.of(source).file("new", "1", NOON);
        TreeEditor.of(target).file("x/1", "", NOON).file("x/2", "", NOON).file("x/3", "", NOON);
        SyncOptions options =
                SyncOptions.builder().deleteExtraneous(DeleteGuard.atMost(3)).build();

        SyncPreview preview = shares.preview(from, to, options);
        SyncResult result = shares.sync(from, to, options);

        assertThat(preview.guard().allowed()).isFalse();
        assertThat(preview.totals().deleted()).isEqualTo(4);
        assertThat(preview.lines()).anyMatch(line -> line.contains("REFUSED"));
        assertThat(result.state()).isEqualTo(State.INCOMPLETE);
        assertThat(result.guard()).isEqualTo(preview.guard());
        assertThat(result.totals().deleted()).isZero();
        assertThat(to.calls(Operation.DELETE)).isEmpty();
        assertThat(TreeEditor.contents(target)).containsKeys("new", "x/1", "x/2", "x/3");
    }

    @Test
    @DisplayName("Y19: a source that changes once during its copy is copied again, whole")
    void rule19_changeDuringCopy_isCopiedAgain() throws Exception {
        TreeEditor.of(source).file("f", "first", NOON);
        AtomicBoolean changed = new AtomicBoolean();
        from.after(Operation.READ, "f", () -> {
            if (changed.compareAndSet(false, true)) {
                TreeEditor.of(source).file("f", "second content", LATER);
            }
        });

        SyncResult result = shares.sync(from, to, PLAIN);

        assertThat(result.state()).as(result.line()).isEqualTo(State.CONSISTENT);
        assertThat(TreeEditor.contents(target)).containsExactly(Map.entry("f", "second content"));
        assertThat(TreeEditor.temporaries(target)).isEmpty();
    }

    @Test
    @DisplayName("Y20: a source that changes during every copy keeps its old copy and is named stale with its age")
    void rule20_hotFile_keepsOldCopy() throws Exception {
        TreeEditor.of(source).file("log", "0", NOON).file("quiet", "q", NOON).file("fresh", "0", NOON);
        TreeEditor.of(target).file("log", "old!", EARLIER);
        AtomicInteger writes = new AtomicInteger();
        for (String hot : List.of("log", "fresh")) {
            from.after(
                    Operation.READ,
                    hot,
                    () -> TreeEditor.of(source)
                            .file(hot, "x".repeat(5 + writes.incrementAndGet()), NOON.plusSeconds(60)));
        }
        SyncOptions options = SyncOptions.builder().attempts(3).concurrency(1).build();

        SyncResult result = shares.sync(from, to, options);

        assertThat(result.state()).isEqualTo(State.CONSISTENT_EXCEPT);
        assertThat(result.stale())
                .extracting(SyncFinding::path)
                .containsExactly(TreePath.of("fresh"), TreePath.of("log"));
        assertThat(result.stale().get(0).behind()).isEmpty();
        assertThat(result.stale().get(1).behind()).contains(Duration.ofMinutes(61));
        assertThat(from.calls(Operation.READ).stream()
                        .filter(path -> path.name().equals("log")))
                .hasSize(3);
        assertThat(TreeEditor.contents(target)).containsOnly(Map.entry("log", "old!"), Map.entry("quiet", "q"));
        assertThat(TreeEditor.temporaries(target)).isEmpty();
        assertThat(result.proven()).as("nobody knows how old nothing is").isEmpty();
        SyncResult copied =
                shares.sync(from, to, options.toBuilder().exclude("fresh").build());
        assertThat(copied.staleness(copied.asOf().plusSeconds(5)))
                .as("a stale file makes it older")
                .contains(Duration.ofMinutes(61).plusSeconds(5));
    }

    @Test
    @DisplayName("Y21: a file that became a directory converges in one run, and counts under the guard")
    void rule21_fileBecomesDirectory_converges() throws Exception {
        TreeEditor.of(source).file("x/inner", "new", NOON);
        TreeEditor.of(target).file("x", "old", NOON);
        SyncOptions none =
                SyncOptions.builder().deleteExtraneous(DeleteGuard.atMost(0)).build();

        assertThat(shares.sync(from, to, none).state()).isEqualTo(State.INCOMPLETE);
        assertThat(TreeEditor.contents(target)).containsOnlyKeys("x");
        SyncPreview preview = shares.preview(from, to, PLAIN);
        SyncResult result = shares.sync(from, to, PLAIN);

        assertThat(result.state()).as(result.line()).isEqualTo(State.CONSISTENT);
        assertThat(result.totals().replaced()).isEqualTo(1);
        assertThat(preview.totals()).isEqualTo(result.totals());
        assertSame();
    }

    @Test
    @DisplayName("Y22: a directory that became a file converges in one run; the guard counts all that lay below")
    void rule22_directoryBecomesFile_converges() throws Exception {
        TreeEditor.of(source).file("x", "new", NOON);
        TreeEditor.of(target).file("x/a", "1", NOON).file("x/b/c", "2", NOON);
        SyncOptions three =
                SyncOptions.builder().deleteExtraneous(DeleteGuard.atMost(3)).build();

        SyncResult refused = shares.sync(from, to, three);
        assertThat(refused.state()).isEqualTo(State.INCOMPLETE);
        assertThat(refused.guard().doomed()).isEqualTo(4);
        assertThat(TreeEditor.contents(target)).containsKeys("x/a", "x/b/c");
        SyncPreview preview = shares.preview(from, to, DELETING);
        SyncResult result = shares.sync(from, to, DELETING);

        assertThat(result.state()).as(result.line()).isEqualTo(State.CONSISTENT);
        assertThat(result.totals().replaced()).isEqualTo(4);
        assertThat(preview.totals()).isEqualTo(result.totals());
        assertSame();
    }

    @Test
    @DisplayName(
            "Y23: it does not when nothing is to be deleted and the directory holds something, or something excluded")
    void rule23_directoryBecomesFile_keepsWhatMustStay() throws Exception {
        TreeEditor.of(source).file("x", "new", NOON);
        TreeEditor.of(target).file("x/mine", "1", NOON);

        SyncResult undeleting = shares.sync(from, to, PLAIN);
        SyncResult excluding =
                shares.sync(from, to, DELETING.toBuilder().exclude("mine").build());

        assertThat(undeleting.state()).isEqualTo(State.INCOMPLETE);
        assertThat(excluding.state()).isEqualTo(State.INCOMPLETE);
        assertThat(excluding.findings().paths(SyncFinding.Kind.REMOVALS_REFUSED))
                .containsExactly(TreePath.of("x"));
        assertThat(TreeEditor.contents(target)).containsKey("x/mine");
        assertThat(TreeEditor.temporaries(target)).isEmpty();
    }

    @Test
    @DisplayName("Y24: a directory is not removed for a file that then cannot be copied")
    void rule24_directoryBecomesUnreadableFile_keepsDirectory() throws Exception {
        TreeEditor.of(source).file("x", "new", NOON);
        TreeEditor.of(target).file("x/a", "1", NOON);
        from.fail(Operation.READ, "x", FaultyFileTree.ALWAYS, ShareSynchronizerContract::denied);

        SyncResult result = shares.sync(from, to, DELETING);

        assertThat(result.state()).isEqualTo(State.INCOMPLETE);
        assertThat(TreeEditor.contents(target)).containsKey("x/a");
    }

    @Test
    @DisplayName("Y25: what is excluded is not listed, not copied and never deleted")
    void rule25_excluded_isLeftAlone() throws Exception {
        TreeEditor.of(source)
                .file("keep/f", "1", NOON)
                .file("cache/secret", "2", NOON)
                .file("keep/a.tmp", "3", NOON);
        TreeEditor.of(target)
                .file("cache/mine", "4", NOON)
                .file("gone/b.tmp", "5", NOON)
                .file("gone/c", "6", NOON);
        from.fail(Operation.LIST, "cache", FaultyFileTree.ALWAYS, ShareSynchronizerContract::denied);
        SyncOptions options = DELETING.toBuilder().exclude("cache", "*.tmp").build();

        SyncResult result = shares.sync(from, to, options);

        assertThat(result.state()).as(result.line()).isEqualTo(State.CONSISTENT);
        assertThat(TreeEditor.contents(target))
                .containsOnlyKeys("cache/", "cache/mine", "gone/", "gone/b.tmp", "keep/", "keep/f");
        assertThat(from.calls(Operation.LIST)).doesNotContain(TreePath.of("cache"));
        assertThat(to.calls(Operation.LIST)).doesNotContain(TreePath.of("cache"));
    }

    @Test
    @DisplayName("Y26: with inclusions, only what matches is copied or deleted")
    void rule26_included_aloneIsTouched() throws Exception {
        TreeEditor.of(source).file("conf/a.conf", "1", NOON).file("conf/a.log", "2", NOON);
        TreeEditor.of(target).file("conf/b.conf", "3", NOON).file("conf/b.log", "4", NOON);

        shares.sync(from, to, DELETING.toBuilder().include("conf/**.conf").build());

        assertThat(TreeEditor.contents(target)).containsOnlyKeys("conf/", "conf/a.conf", "conf/b.log");
    }

    @Test
    @DisplayName("Y27: a tree and itself are refused, before anything is touched")
    void rule27_sameTree_refuses() throws Exception {
        TreeEditor.of(source).file("f", "1", NOON);

        assertThatThrownBy(() -> shares.sync(from, from, PLAIN))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("share.overlap");
        assertThatThrownBy(() -> shares.preview(from, from, PLAIN)).isInstanceOf(BlockedException.class);
        assertThat(from.callCount()).isZero();
    }

    @Test
    @DisplayName("Y28: a second synchronisation of a target that is being written is refused; a preview is not")
    void rule28_busyTarget_refuses() throws Exception {
        TreeEditor.of(source).file("f", "1", NOON);
        try (FileTreeWriter other = target.claim(Claim.of(DEAD_RUN))) {
            assertThat(other).isNotNull();
            assertThatThrownBy(() -> shares.sync(from, to, PLAIN)).isInstanceOf(ConflictException.class);
            assertThat(shares.preview(from, to, PLAIN).totals().copied()).isEqualTo(1);
        }
        assertThat(TreeEditor.contents(target)).isEmpty();

        assertThat(shares.sync(from, to, PLAIN).state()).isEqualTo(State.CONSISTENT);
    }

    @Test
    @DisplayName(
            "Y29: killed at any call, a plain second run converges: no half file ever at its name, nothing left over")
    void rule29_crashAnywhere_isRepairedByPlainRun() throws Exception {
        long sourceCalls = crashAndRepair(0, 0);
        long targetCalls = to.callCount();
        assertThat(sourceCalls).isGreaterThan(10);
        assertThat(targetCalls).isGreaterThan(20);
        for (long n = 1; n <= sourceCalls; n++) {
            crashAndRepair(n, 0);
        }
        for (long n = 1; n <= targetCalls; n++) {
            crashAndRepair(0, n);
        }
    }

    private long crashAndRepair(long inSource, long inTarget) throws Exception {
        build();
        TreeEditor.of(source)
                .file("a", "new a, and longer", LATER)
                .file("d/b", "b", NOON)
                .file("d/was-dir", "now a file", NOON)
                .file("was-file/c", "c", NOON);
        TreeEditor.of(target)
                .file("a", "old a", NOON)
                .file("d/was-dir/x", "x", NOON)
                .file("was-file", "f", NOON)
                .file("extra/y", "y", NOON);
        SortedMap<String, String> old = TreeEditor.contents(target);
        SortedMap<String, String> wanted = TreeEditor.contents(source);
        if (inSource > 0) {
            from.crashAt(inSource);
        }
        if (inTarget > 0) {
            to.crashAt(inTarget);
        }
        SyncOptions options = DELETING.toBuilder().concurrency(1).build();
        if (inSource + inTarget > 0) {
            assertThatThrownBy(() -> shares.sync(from, to, options)).isInstanceOf(FaultyFileTree.Crash.class);
        } else {
            shares.sync(from, to, options);
        }
        TreeEditor.contents(target)
                .forEach((path, content) -> assertThat(content)
                        .as("%s after a crash at call %d of the source, %d of the target", path, inSource, inTarget)
                        .isIn(old.get(path), wanted.get(path)));

        SyncResult repaired = shares.sync(source, target, options);

        assertThat(repaired.state()).as(repaired.line()).isEqualTo(State.CONSISTENT);
        assertThat(TreeEditor.contents(target)).isEqualTo(wanted);
        assertThat(TreeEditor.temporaries(target)).isEmpty();
        return from.callCount();
    }

    @Test
    @DisplayName("Y30: temporary files of dead runs are swept, wherever they are, and never copied")
    void rule30_orphans_areSwept() throws Exception {
        TreeEditor.of(source).file("d/f", "1", NOON).orphan("d/half", DEAD_RUN);
        TreeEditor.of(target).orphan("d/half", DEAD_RUN).orphan("only/here", DEAD_RUN);

        SyncResult result = shares.sync(from, to, PLAIN);

        assertThat(result.totals().swept()).isEqualTo(2);
        assertThat(TreeEditor.temporaries(target)).isEmpty();
        assertThat(TreeEditor.contents(target)).containsOnlyKeys("d/", "d/f", "only/");
    }

    @Test
    @DisplayName("Y31: a lost answer is looked into, not believed either way")
    void rule31_lostAnswers_converge() throws Exception {
        TreeEditor.of(source).file("d/f", "new", NOON).file("p", "x", LATER);
        TreeEditor.of(target).file("p", "x", NOON).file("gone", "y", NOON);
        to.loseAnswer(Operation.MAKE_DIRECTORY, "d", 1)
                .loseAnswer(Operation.STAGE, "d/f", 1)
                .loseAnswer(Operation.COMMIT, "d/f", 1)
                .loseAnswer(Operation.SET_PROPERTIES, "p", 1)
                .loseAnswer(Operation.DELETE, "gone", 1);

        SyncResult result = shares.sync(
                from, to, DELETING.toBuilder().compare(CompareMode.CONTENT).build());

        assertThat(result.state()).as(result.line()).isEqualTo(State.CONSISTENT);
        assertSame();
        assertThat(shares.sync(from, to, DELETING).totals().changesAnything()).isFalse();
        assertThat(TreeEditor.temporaries(target)).isEmpty();
    }

    @Test
    @DisplayName("Y32: a preview changes nothing and says what the synchronisation then does")
    void rule32_preview_changesNothingAndIsRight() throws Exception {
        TreeEditor.of(source)
                .file("a", "new", LATER)
                .file("d/e/f", "12345", NOON)
                .file("same", "s", NOON);
        TreeEditor.of(target).file("a", "old", NOON).file("x/y", "z", NOON).file("same", "s", NOON);
        SortedMap<String, String> before = TreeEditor.contents(target);

        SyncPreview preview = shares.preview(from, to, DELETING);

        assertThat(TreeEditor.contents(target)).isEqualTo(before);
        assertThat(to.calls(Operation.CLAIM)).isEmpty();
        SyncResult result = shares.sync(from, to, DELETING);
        assertThat(preview.totals()).isEqualTo(result.totals());
        assertThat(shares.preview(from, to, DELETING).inSync()).isTrue();
    }

    @Test
    @DisplayName("Y33: a verification names what differs, what is missing and what is too much, and changes nothing")
    void rule33_verify_namesDifferences() throws Exception {
        TreeEditor.of(source).file("a", "new", EARLIER).file("m", "1", NOON).file("same", "s", NOON);
        TreeEditor.of(target).file("a", "old", NOON).file("x", "2", NOON).file("same", "s", NOON);
        SyncOptions options =
                DELETING.toBuilder().compare(CompareMode.NEWER_WINS).build();

        SyncResult result = shares.verify(from, to, options);

        assertThat(result.state()).isEqualTo(State.CONSISTENT_EXCEPT);
        assertThat(result.findings().paths(SyncFinding.Kind.DIFFERENT)).containsExactly(TreePath.of("a"));
        assertThat(result.findings().paths(SyncFinding.Kind.MISSING)).containsExactly(TreePath.of("m"));
        assertThat(result.findings().paths(SyncFinding.Kind.EXTRA)).containsExactly(TreePath.of("x"));
        assertThat(to.calls(Operation.CLAIM)).isEmpty();
    }

    @Test
    @DisplayName("Y34: a source that goes away between the walk and the deletes deletes nothing")
    void rule34_sourceGoesAway_deletesNothing() throws Exception {
        TreeEditor.of(source).file("d/f", "1", NOON);
        TreeEditor.of(target).file("d/f", "1", NOON).file("extra", "2", NOON);
        AtomicInteger looks = new AtomicInteger();
        from.before(Operation.STAT, ".", () -> {
            if (looks.incrementAndGet() > 2) {
                throw denied();
            }
        });

        SyncResult result = shares.sync(from, to, DELETING);

        assertThat(result.state()).isEqualTo(State.INCOMPLETE);
        assertThat(TreeEditor.contents(target)).containsKey("extra");
    }

    @Test
    @DisplayName("Y35: what appears in the source during the run is not deleted, what cannot be asked about neither")
    void rule35_appearsMeanwhile_isNotDeleted() throws Exception {
        TreeEditor.of(source).file("f", "1", NOON);
        TreeEditor.of(target).file("back", "2", NOON).file("unsure", "3", NOON).file("gone", "4", NOON);
        from.before(Operation.STAT, "back", () -> TreeEditor.of(source).file("back", "5", NOON));
        from.fail(Operation.STAT, "unsure", FaultyFileTree.ALWAYS, ShareSynchronizerContract::unknown);

        SyncResult result = shares.sync(from, to, DELETING);

        assertThat(result.state()).isEqualTo(State.INCOMPLETE);
        assertThat(TreeEditor.contents(target)).containsOnlyKeys("f", "back", "unsure");
    }

    @Test
    @DisplayName("Y36: a file that disappears from the source during the run is named and stops nothing")
    void rule36_vanishedFile_isNamed() throws Exception {
        TreeEditor.of(source).file("brief", "1", NOON).file("f", "2", NOON);
        from.after(Operation.READ, "brief", () -> TreeEditor.of(source).remove("brief"));

        SyncResult result = shares.sync(from, to, PLAIN);

        assertThat(result.state()).isEqualTo(State.CONSISTENT_EXCEPT);
        assertThat(result.findings().paths(SyncFinding.Kind.VANISHED)).containsExactly(TreePath.of("brief"));
        assertThat(TreeEditor.contents(target)).containsOnlyKeys("f");
    }

    @Test
    @DisplayName("Y37: synchronising as an action ends when a walk finds nothing to do")
    void rule37_syncing_isDoneWhenEqual() throws Exception {
        TreeEditor.of(source).file("f", "1", NOON);
        ActionExecutor executor = ActionExecutor.on(Clockwork.system());

        assertThat(executor.preview(shares.syncing(from, to, PLAIN))).isInstanceOf(Assessment.Needed.class);
        executor.execute(shares.syncing(from, to, PLAIN));

        assertSame();
        assertThat(executor.preview(shares.syncing(from, to, PLAIN))).isInstanceOf(Assessment.Done.class);
    }

    @Test
    @DisplayName(
            "Y38: a final sync is refused until the writers are seen to be stopped; a preview says that it waits for that")
    void rule38_finalSync_waitsForTheStop() throws Exception {
        TreeEditor.of(source).file("f", "1", NOON);
        ActionExecutor executor = ActionExecutor.on(Clockwork.system());
        WritersStopped writing = context -> new WritersStopped.NotShown("1 pod of runtime is left");

        assertThatThrownBy(() -> executor.execute(shares.finalSync(from, to, PLAIN, writing)))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("1 pod of runtime");
        assertThat(executor.preview(shares.finalSync(from, to, PLAIN, writing)))
                .isInstanceOfSatisfying(
                        Assessment.Needed.class,
                        needed -> assertThat(needed.changes())
                                .anySatisfy(change -> assertThat(change).contains("1 pod of runtime")));
        assertThat(from.callCount() + to.callCount()).isZero();
        executor.execute(shares.finalSync(from, to, PLAIN, context -> new WritersStopped.Stopped("0 pods")));

        assertSame();
    }

    @Test
    @DisplayName(
            "Y39: a final sync believes no walk that began before the stop, nor one during which the writers came back")
    void rule39_finalSync_believesOnlyAWalkWithinTheStop() throws Exception {
        TreeEditor.of(source).file("f", "1", NOON);
        shares.sync(from, to, PLAIN);
        AtomicBoolean writing = new AtomicBoolean();
        AtomicInteger listings = new AtomicInteger();
        from.after(Operation.LIST, ".", () -> {
            // the first one only looks whether there is anything; the second one is the walk, which does not see this
            // file
            if (listings.incrementAndGet() == 2) {
                writing.set(true);
                TreeEditor.of(source).file("late", "2", NOON);
            }
        });
        WritersStopped observed = context ->
                writing.get() ? new WritersStopped.NotShown("a writer came back") : new WritersStopped.Stopped("none");

        assertThatThrownBy(() ->
                        ActionExecutor.on(Clockwork.system()).execute(shares.finalSync(from, to, PLAIN, observed)))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("came back");
    }

    @Test
    @DisplayName(
            "Y40: a final sync refuses what it could not bring over: newer files in the target, and more deletes than allowed")
    void rule40_finalSync_refusesWhatWouldDiffer() throws Exception {
        TreeEditor.of(source).file("f", "1", EARLIER);
        TreeEditor.of(target).file("f", "2", NOON).file("extra", "3", NOON);
        WritersStopped stopped = context -> new WritersStopped.Stopped("0 pods");
        ActionExecutor executor = ActionExecutor.on(Clockwork.system());
        SyncOptions newer =
                SyncOptions.builder().compare(CompareMode.NEWER_WINS).build();
        SyncOptions guarded =
                SyncOptions.builder().deleteExtraneous(DeleteGuard.atMost(0)).build();

        assertThat(executor.preview(shares.finalSync(from, to, newer, stopped))).isInstanceOf(Assessment.Blocked.class);
        assertThat(executor.preview(shares.finalSync(from, to, guarded, stopped)))
                .isInstanceOf(Assessment.Blocked.class);
        assertThat(executor.preview(shares.syncing(from, to, newer))).isInstanceOf(Assessment.Done.class);
    }

    @Test
    @DisplayName("Y41: an action over a tree that cannot be compared completely is neither done nor sure")
    void rule41_incomparable_isUnknown() throws Exception {
        TreeEditor.of(source).file("d/f", "1", NOON);
        shares.sync(from, to, PLAIN);
        from.fail(Operation.LIST, "d", FaultyFileTree.ALWAYS, ShareSynchronizerContract::denied);

        assertThatThrownBy(() -> ActionExecutor.on(Clockwork.system()).preview(shares.syncing(from, to, PLAIN)))
                .isInstanceOf(UnknownOutcomeException.class)
                .hasMessageContaining("share.incomparable");
    }

    @Test
    @DisplayName("Y42: a run that lost its authority changes nothing more, and leaves the target to the next one")
    void rule42_lostAuthority_endsTheRun() throws Exception {
        for (int i = 0; i < 20; i++) {
            TreeEditor.of(source).file("f" + i, "1", NOON);
        }
        Context context = new Context(5);

        assertThatThrownBy(() -> ActionExecutor.on(Clockwork.system())
                        .execute(shares.syncing(from, to, PLAIN), context, ActionExecutor.Watcher.NONE))
                .isInstanceOf(StaleEpochException.class);

        assertThat(to.calls(Operation.COMMIT)).hasSizeLessThan(5);
        target.claim(Claim.of(DEAD_RUN)).close();
    }

    @Test
    @DisplayName("Y43: progress tells files and bytes, and of how many when a preview came before")
    void rule43_progress_tellsFilesAndBytes() throws Exception {
        TreeEditor.of(source).file("a", "12345", NOON).file("b", "678", NOON);
        Context context = new Context(Integer.MAX_VALUE);

        ActionExecutor.on(Clockwork.system())
                .execute(shares.syncing(from, to, PLAIN), context, ActionExecutor.Watcher.NONE);

        assertThat(context.progress)
                .contains(Progress.of("copying", 2, 2, "files"), Progress.of("copying", 8, 8, "bytes"));
    }

    @Test
    @DisplayName("Y44: an interrupted run ends, and gives the target back")
    void rule44_interruption_endsTheRun() throws Exception {
        TreeEditor.of(source).file("f", "1", NOON);
        Thread caller = Thread.currentThread();
        from.before(Operation.READ, "f", caller::interrupt);

        assertThatThrownBy(() -> shares.sync(
                        from, to, SyncOptions.builder().concurrency(1).build()))
                .isInstanceOf(InterruptedException.class);

        assertThat(Thread.interrupted()).as("the exception carries the news").isFalse();
        target.claim(Claim.of(DEAD_RUN)).close();
    }

    @Test
    @DisplayName("Y45: while new content did not arrive nothing is removed: it may be a file that was renamed")
    void rule45_newContentIsMissing_removesNothing() throws Exception {
        TreeEditor.of(source).file("new name", "content", NOON).file("other", "1", NOON);
        TreeEditor.of(target).file("old name", "content", NOON);
        from.fail(Operation.READ, "new name", 4, ShareSynchronizerContract::unknown);

        SyncResult result = shares.sync(from, to, DELETING);

        assertThat(result.state()).isEqualTo(State.INCOMPLETE);
        assertThat(TreeEditor.contents(target)).containsOnlyKeys("old name", "other");
        assertThat(result.findings().of(SyncFinding.Kind.REMOVALS_REFUSED))
                .singleElement()
                .satisfies(finding -> assertThat(finding.detail()).contains("1 "));
        assertThat(shares.sync(from, to, DELETING).state()).isEqualTo(State.CONSISTENT);
        assertSame();
    }

    @Test
    @DisplayName(
            "Y46: a directory that is gone from the source and holds something excluded keeps nothing from being done")
    void rule46_extraneousDirectoryHoldsExcluded_converges() throws Exception {
        TreeEditor.of(source).file("f", "1", NOON);
        TreeEditor.of(target).file("gone/deep/b.tmp", "2", NOON).file("gone/deep/c", "3", NOON);
        SyncOptions options = DELETING.toBuilder().exclude("*.tmp").build();

        SyncPreview preview = shares.preview(from, to, options);
        SyncResult result = shares.sync(from, to, options);

        assertThat(preview.totals().deleted()).isEqualTo(1);
        assertThat(preview.guard()).isEqualTo(result.guard());
        assertThat(result.state()).as(result.line()).isEqualTo(State.CONSISTENT);
        assertThat(result.totals()).isEqualTo(preview.totals());
        assertThat(TreeEditor.contents(target)).containsKey("gone/deep/b.tmp").doesNotContainKey("gone/deep/c");
        assertThat(shares.preview(from, to, options).inSync()).isTrue();
        assertThat(shares.verify(from, to, options).state()).isEqualTo(State.CONSISTENT);
    }

    @Test
    @DisplayName("Y47: a final sync does not believe a walk during which something disappeared from the source")
    void rule47_finalSync_somethingVanishes_looksAgain() throws Exception {
        TreeEditor.of(source).file("d/f", "1", NOON).file("g", "2", NOON);
        shares.sync(from, to, PLAIN);
        AtomicInteger listings = new AtomicInteger();
        from.before(Operation.LIST, "d", () -> {
            if (listings.incrementAndGet() == 1) {
                TreeEditor.of(source).remove("d");
            }
        });
        Action<?> last = shares.finalSync(from, to, DELETING, context -> new WritersStopped.Stopped("0 pods"));

        assertThatThrownBy(() -> ActionExecutor.on(Clockwork.system()).preview(last))
                .isInstanceOf(UnknownOutcomeException.class)
                .hasMessageContaining("VANISHED");
        ActionExecutor.on(Clockwork.system()).execute(last);

        assertSame();
    }

    @Test
    @DisplayName("Y48: a tree that goes away during the walk makes a result incomplete, also where nothing is deleted")
    void rule48_treeGoesAway_isIncomplete() throws Exception {
        for (int side = 0; side < 2; side++) {
            build();
            TreeEditor.of(source).file("f", "1", NOON);
            AtomicBoolean gone = new AtomicBoolean();
            FaultyFileTree leaving = side == 0 ? from : to;
            from.after(Operation.LIST, ".", () -> gone.set(true));
            leaving.before(Operation.STAT, ".", () -> {
                if (gone.get() && from.calls(Operation.LIST).size() > 1) {
                    throw denied();
                }
            });

            assertThat(shares.sync(from, to, PLAIN).state()).isEqualTo(State.INCOMPLETE);
        }
    }

    private void assertSame() throws InterruptedException {
        assertThat(TreeEditor.contents(target)).isEqualTo(TreeEditor.contents(source));
        for (FileEntry entry : TreeEditor.entries(source)) {
            if (entry.isFile() && !entry.name().startsWith(FileTree.RESERVED_PREFIX)) {
                FileEntry copy = target.stat(entry.path()).orElseThrow();
                assertThat(Duration.between(entry.modified(), copy.modified()).abs())
                        .as("time of %s", entry.path())
                        .isLessThan(target.timeResolution());
            }
        }
    }

    private static FileEntry entry(FileTree tree, String path) throws InterruptedException {
        Optional<FileEntry> entry = tree.stat(TreePath.of(path));
        assertThat(entry).as(path).isPresent();
        return entry.orElseThrow();
    }

    private static RuntimeException denied() {
        return new DeniedException(
                "testkit.denied", Problem.expected("to be let in").found("403").remedy("ask for permission"));
    }

    private static RuntimeException unknown() {
        return new UnknownOutcomeException(
                "testkit.unknown", Problem.expected("an answer").found("none").remedy("look again"));
    }

    /** A run whose authority lasts for so many changes, and which remembers its progress. */
    private static final class Context implements ActionContext {
        private final AtomicInteger changesLeft;
        private final List<Progress> progress = Collections.synchronizedList(new ArrayList<>());

        Context(int changes) {
            changesLeft = new AtomicInteger(changes);
        }

        @Override
        public Clockwork clockwork() {
            return Clockwork.system();
        }

        @Override
        public Epoch epoch() {
            return Epoch.NONE;
        }

        @Override
        public String runId() {
            return "run";
        }

        @Override
        public void progress(Progress made) {
            progress.add(made);
        }

        @Override
        public void requireAuthority() {
            if (changesLeft.getAndDecrement() <= 0) {
                throw new StaleEpochException(
                        "testkit.stale",
                        Problem.expected("to be the latest run")
                                .found("a later one")
                                .remedy("leave it to that one"));
            }
        }

        @Override
        public void record(String key, String value) {
            // nothing of this is asked for again
        }

        @Override
        public Optional<String> recorded(String key) {
            return Optional.empty();
        }

        @Override
        public Optional<String> recorded(String step, String key) {
            return Optional.empty();
        }

        @Override
        public void report(DataLoss loss) {
            // not asked for here
        }
    }
}
