package io.drkit.core.share;

import io.drkit.core.BlockedException;
import io.drkit.core.DataLoss;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.action.HeldEpoch;
import io.drkit.core.action.Progress;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Synchronising as an action; with a {@link WritersStopped}, as the final one.
 *
 * <p>The proof of a final sync is an order of events within one observation: the writers are seen to be stopped, then the walk
 * begins and ends, then the writers are seen to be stopped still. No clock is compared and nothing is remembered, so that a
 * resumed run, on whichever machine, proves it anew.
 */
final class SyncAction implements Action<SyncAction.Observed> {
    private final FileTreeSynchronizer synchronizer;
    private final FileTree source;
    private final FileTree target;
    private final SyncOptions options;
    private final Optional<WritersStopped> writersStopped;

    SyncAction(
            FileTreeSynchronizer synchronizer,
            FileTree source,
            FileTree target,
            SyncOptions options,
            Optional<WritersStopped> writersStopped) {
        this.synchronizer = Objects.requireNonNull(synchronizer);
        this.source = Objects.requireNonNull(source, "source");
        this.target = Objects.requireNonNull(target, "target");
        this.options = Objects.requireNonNull(options, "options");
        this.writersStopped = writersStopped;
    }

    @Override
    public String describe() {
        return (writersStopped.isPresent() ? "final sync of " : "sync ") + source.describe() + " to "
                + target.describe() + " (" + options + ")";
    }

    @Override
    public Observed observe(ActionContext context) throws InterruptedException {
        String evidence = "";
        if (writersStopped.isPresent()) {
            WritersStopped.Answer before = writersStopped.get().observe(context);
            if (before instanceof WritersStopped.NotShown not) {
                return Observed.tooEarly(not.why());
            }
            evidence = ((WritersStopped.Stopped) before).evidence();
        }
        SyncPreview preview;
        try {
            preview = synchronizer.preview(source, target, options, new Watched(context));
        } catch (BlockedException e) {
            return Observed.refused(e.problem());
        }
        // where nothing writes, nothing disappears either: then something else happens to the source
        boolean unsure = !preview.complete()
                || (writersStopped.isPresent() && preview.findings().count(SyncFinding.Kind.VANISHED) > 0);
        if (unsure && !preview.totals().changesAnything()) {
            throw SyncRun.incomparable(preview.findings());
        }
        if (writersStopped.isPresent()) {
            WritersStopped.Answer after = writersStopped.get().observe(context);
            if (after instanceof WritersStopped.NotShown not) {
                return Observed.refused(notStopped("the writers to stay stopped during the walk", not));
            }
        }
        return new Observed(preview, null, null, evidence);
    }

    @Override
    public Assessment assess(Observed observed) {
        Problem refusal = observed.refusal;
        if (refusal != null) {
            return Assessment.blocked(
                    "expected " + refusal.expected() + ", found " + refusal.found(), refusal.remedy());
        }
        String tooEarly = observed.tooEarly;
        if (tooEarly != null) {
            // A preview of a plan looks before the step that stops them has run; to apply it now is refused.
            return Assessment.needed(
                    "compare and copy once the writers are stopped, which they are not yet: " + tooEarly);
        }
        SyncPreview preview = Objects.requireNonNull(observed.preview);
        SyncFindings findings = preview.findings();
        if (findings.count(SyncFinding.Kind.REMOVALS_REFUSED) > 0) {
            return Assessment.blocked(
                    findings.of(SyncFinding.Kind.REMOVALS_REFUSED).get(0).line(),
                    "look at a preview; see whether the source is whole, or raise the DeleteGuard");
        }
        if (findings.count(SyncFinding.Kind.UNSUPPORTED) > 0) {
            return Assessment.blocked(
                    findings.count(SyncFinding.Kind.UNSUPPORTED) + " entries cannot be brought over, such as "
                            + findings.of(SyncFinding.Kind.UNSUPPORTED).get(0).line(),
                    "bring them over by other means if they matter, and exclude them by name");
        }
        if (writersStopped.isPresent() && findings.count(SyncFinding.Kind.KEPT_NEWER) > 0) {
            return Assessment.blocked(
                    findings.count(SyncFinding.Kind.KEPT_NEWER)
                            + " files are newer in the target and would be kept, such as "
                            + findings.of(SyncFinding.Kind.KEPT_NEWER).get(0).line(),
                    "find out who wrote to the target; compare with DIFFERS to restore the source's, or exclude them by name");
        }
        if (preview.totals().changesAnything()) {
            return new Assessment.Needed(preview.lines());
        }
        return Assessment.done(preview.totals().line()
                + (findings.none() ? "" : "; " + findings.line())
                + (writersStopped.isPresent()
                        ? "; seen in a walk during which the writers were stopped: " + observed.evidence
                        : ""));
    }

    @Override
    public void apply(Observed observed, ActionContext context) throws InterruptedException {
        if (writersStopped.isPresent()) {
            WritersStopped.Answer answer = writersStopped.get().observe(context);
            if (answer instanceof WritersStopped.NotShown not) {
                throw new BlockedException(
                        "share.writers-not-stopped", notStopped("a final sync after the writers stopped", not));
            }
            context.record("writers stopped", ((WritersStopped.Stopped) answer).evidence());
        }
        SyncTotals expected = observed.preview == null ? null : observed.preview.totals();
        SyncResult result = synchronizer.sync(source, target, options, new Watched(context), expected);
        context.record("synchronised", result.line());
        result.orThrow();
        if (writersStopped.isPresent()
                && result.state() == SyncResult.State.CONSISTENT
                && writersStopped.get().observe(context) instanceof WritersStopped.Stopped) {
            context.report(DataLoss.none(
                    "files of " + source.describe(), "final sync while the writers were seen to be stopped"));
        }
    }

    @Override
    public Optional<HeldEpoch> heldEpoch() {
        return Optional.of(context -> target.heldEpoch());
    }

    /** 12 hours in all, 5 attempts, from 1 s up to 1 minute between them. */
    @Override
    public ExecutionPolicy policy() {
        return ExecutionPolicy.builder()
                .timeout(Duration.ofHours(12))
                .backoff(Duration.ofSeconds(1), Duration.ofMinutes(1))
                .build();
    }

    private static Problem notStopped(String expected, WritersStopped.NotShown not) {
        return Problem.expected(expected).found(not.why()).remedy("stop the writers, then resume");
    }

    /**
     * What was seen: either a reason to refuse, or writers at work, or a walk.
     *
     * @param preview the walk
     * @param refusal why there was none, or why it does not count
     * @param tooEarly what shows that the writers are not stopped
     * @param evidence what showed that the writers were stopped
     */
    record Observed(
            @Nullable SyncPreview preview,
            @Nullable Problem refusal,
            @Nullable String tooEarly,
            String evidence) {
        static Observed refused(Problem problem) {
            return new Observed(null, problem, null, "");
        }

        static Observed tooEarly(String why) {
            return new Observed(null, null, why, "");
        }
    }

    private record Watched(ActionContext context) implements SyncRun.Host {
        @Override
        public void requireAuthority() {
            context.requireAuthority();
        }

        @Override
        public Epoch epoch() {
            return context.epoch();
        }

        @Override
        public void progress(Progress progress) {
            context.progress(progress);
        }
    }
}
