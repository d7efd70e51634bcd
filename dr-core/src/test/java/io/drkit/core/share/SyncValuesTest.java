package io.drkit.core.share;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.time.Clockwork;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SyncValuesTest {
    @Test
    void treePath_namesThatClimbOrAreEmpty_areRefused() {
        for (String bad : List.of("/", "/a", "a/", "a//b", "..", "a/../b", ".a/.", "a\0b")) {
            assertThatThrownBy(() -> new TreePath(bad)).as(bad).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> TreePath.ROOT.resolve("a/b")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void treePath_relations_areOfWholeNames() {
        TreePath path = TreePath.of("a/bc/d");

        assertThat(path.name()).isEqualTo("d");
        assertThat(path.parent()).contains(TreePath.of("a/bc"));
        assertThat(TreePath.of("a").parent()).contains(TreePath.ROOT);
        assertThat(TreePath.ROOT.parent()).isEmpty();
        assertThat(path.startsWith(TreePath.of("a/b"))).isFalse();
        assertThat(path.startsWith(TreePath.of("a/bc"))).isTrue();
        assertThat(path.startsWith(TreePath.ROOT)).isTrue();
    }

    @Test
    void filter_globs_matchAsSaid() {
        assertThat(matches("*.tmp", "a.tmp", "x/y/b.tmp")).isTrue();
        assertThat(matches("*.tmp", "a.tmp/x")).isFalse();
        assertThat(matches("web/*", "web/a")).isTrue();
        assertThat(matches("web/*", "web/a/b", "x/web/a")).isFalse();
        assertThat(matches("web/**", "web/a/b")).isTrue();
        assertThat(matches("**/cache", "cache", "a/b/cache")).isTrue();
        assertThat(matches("a/**/z", "a/z", "a/b/c/z")).isTrue();
        assertThat(matches("?.x", "\ud83d\ude80.x", "a.x")).isTrue();
        assertThat(matches("[x].(y)+", "[x].(y)+")).isTrue();
        assertThat(matches("\\*", "*")).isTrue();
        assertThat(matches("\\*", "a")).isFalse();
        assertThat(matches("\ud83d\ude80", "\ud83d\ude80")).isTrue();
        assertThat(matches("a*", "a\nb")).isTrue();
        for (String bad : List.of("", "/a", "a/", "a\\")) {
            assertThatThrownBy(() -> SyncOptions.builder().exclude(bad)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void options_badValues_areRefused() {
        SyncOptions.Builder builder = SyncOptions.builder();

        assertThatThrownBy(() -> builder.concurrency(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.attempts(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.subTrees()).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.subTrees("../x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new DeleteGuard(-1, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new DeleteGuard(0, 1.1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new DeleteGuard(0, Double.NaN)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void options_overlappingOrUnknownSubTrees_areRefused() {
        for (String[] overlapping : new String[][] {{"a", "a/b"}, {"a/b", "a"}, {"a", "a"}, {".", "a"}}) {
            assertThatThrownBy(() -> SyncOptions.builder().subTrees(overlapping).build())
                    .isInstanceOf(IllegalStateException.class);
        }
        assertThatThrownBy(() -> SyncOptions.builder()
                        .subTrees("a")
                        .allowEmptySource("b")
                        .build())
                .isInstanceOf(IllegalStateException.class);
        SyncOptions.builder().subTrees("a", "ab").allowEmptySource("ab").build();
    }

    @Test
    void options_copied_sayTheSame() {
        SyncOptions options = SyncOptions.builder()
                .compare(CompareMode.NEWER_WINS)
                .subTrees("a", "b")
                .include("*.x")
                .exclude("y")
                .deleteExtraneous(DeleteGuard.atMost(3))
                .allowEmptySource("b")
                .concurrency(3)
                .attempts(2)
                .build();

        assertThat(options.toBuilder().build()).hasToString(options.toString());
        assertThat(options.toBuilder().build())
                .usingRecursiveComparison()
                .ignoringFields("filter")
                .isEqualTo(options);
    }

    @Test
    void guard_limit_isTheLargerOfBoth() {
        assertThat(DeleteGuard.defaults().limit(10)).isEqualTo(100);
        assertThat(DeleteGuard.defaults().limit(10_000)).isEqualTo(500);
        assertThat(DeleteGuard.atMost(0).judge(0, 10).allowed()).isTrue();
        assertThat(DeleteGuard.atMost(0).judge(1, 10).allowed()).isFalse();
        assertThat(DeleteGuard.unlimited().judge(1_000_000, 1_000_000).allowed())
                .isTrue();
    }

    @Test
    void localNames_anyBytes_comeOutTheSame() {
        assertThat(LocalNames.decode("\u00e9\ud83d\ude80".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("\u00e9\ud83d\ude80");
        assertThat(LocalNames.decode(new byte[] {'x', (byte) 0xff, 'y'})).isEqualTo("x\udcffy");
        assertThat(LocalNames.decode(new byte[] {(byte) 0xe2, (byte) 0x82})).isEqualTo("\udce2\udc82");
    }

    @Test
    void shownBy_actionThatIsDone_isAStop() throws Exception {
        assertThat(asked(WritersStopped.shownBy(action(Assessment.done("0 pods")), action(Assessment.done("paused")))))
                .isEqualTo(new WritersStopped.Stopped("0 pods; paused"));
    }

    @Test
    void shownBy_anythingElse_isNone() throws Exception {
        for (Assessment other :
                List.of(Assessment.needed("scale to 0"), Assessment.underway("1 pod"), Assessment.blocked("a", "b"))) {
            assertThat(asked(WritersStopped.shownBy(action(Assessment.done("0 pods")), action(other))))
                    .isInstanceOf(WritersStopped.NotShown.class);
        }
        assertThatThrownBy(() -> WritersStopped.shownBy()).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void recordedBy_noFact_isNone() throws Exception {
        assertThat(asked(WritersStopped.recordedBy("stop by hand", "stopped")))
                .isInstanceOf(WritersStopped.NotShown.class);
    }

    private static boolean matches(String glob, String... paths) {
        boolean all = true;
        boolean any = false;
        for (String path : paths) {
            boolean match = PathFilter.compile(glob).matcher(path).matches();
            all &= match;
            any |= match;
        }
        assertThat(all).as("%s is of one mind about %s", glob, List.of(paths)).isEqualTo(any);
        return all;
    }

    /** Asks within an execution, which is where a context comes from. */
    private static WritersStopped.Answer asked(WritersStopped stopped) throws InterruptedException {
        List<WritersStopped.Answer> answers = new java.util.ArrayList<>();
        ActionExecutor.on(Clockwork.system()).preview(new Fixed(Assessment.done("")) {
            @Override
            public String observe(ActionContext context) throws InterruptedException {
                answers.add(stopped.observe(context));
                return "";
            }
        });
        return answers.get(0);
    }

    private static Action<String> action(Assessment assessment) {
        return new Fixed(assessment);
    }

    private static class Fixed implements Action<String> {
        private final Assessment assessment;

        Fixed(Assessment assessment) {
            this.assessment = assessment;
        }

        @Override
        public String describe() {
            return "stop";
        }

        @Override
        public String observe(ActionContext context) throws InterruptedException {
            return "";
        }

        @Override
        public Assessment assess(String observed) {
            return assessment;
        }

        @Override
        public void apply(String observed, ActionContext context) {
            throw new AssertionError("an observation applies nothing");
        }
    }
}
