package io.drkit.testkit.mutants;

import io.drkit.testkit.mutants.Planted.Suspect;
import io.drkit.testkit.share.InMemoryFileTree;
import java.util.ArrayList;
import java.util.List;

/** Broken synchronisers of shares. */
final class SyncMutants {
    private static final String TESTS = "io.drkit.testkit.share.InMemorySynchronizerTest";
    private static final String COPY =
            "failed( path, old == null ? \"it could not be copied\" : \"it could not be copied; the target keeps its old copy\", failure);";

    private static final Suspect RUN = new Suspect("io.drkit.core.share.SyncRun", TESTS);
    private static final Suspect ACTION = new Suspect("io.drkit.core.share.SyncAction", TESTS);
    private static final Suspect TREE = new Suspect(InMemoryFileTree.class, TESTS);

    private final List<Planted> all = new ArrayList<>();

    private SyncMutants() {}

    private void run(String rule, String find, String replace) {
        all.add(RUN.breaks(rule, find, replace));
    }

    private void action(String rule, String find, String replace) {
        all.add(ACTION.breaks(rule, find, replace));
    }

    static List<Planted> all() {
        SyncMutants planted = new SyncMutants();
        planted.inTheWalk();
        planted.inTheDeletes();
        planted.inTheCopies();
        planted.inTheActions();
        return planted.all;
    }

    private void inTheWalk() {
        run("Y01", "tally.unchanged.increment();", "submitCopy(batch, here, there);");
        run("Y02", "for (TreePath path : options.subTrees()) {", "for (TreePath path : List.of(TreePath.ROOT)) {");
        run("Y03", "options.compare() == CompareMode.NEWER_WINS && newerThere", "newerThere");
        run(
                "Y04",
                "boolean newerThere = there.modified().minus(resolution).compareTo(here.modified()) >= 0;",
                "boolean newerThere = false;");
        run("Y05", "here.size() != there.size() || !sameTime(here, there));", "!sameTime(here, there));");
        run("Y06", "options.compare() == CompareMode.CONTENT && here.size() == there.size()", "false");
        run("Y07", "batch.submit(() -> setProperties(here));", "submitCopy(batch, here, there);");
        run("Y08", "tally.extraneous.increment();", "");
        run("Y10", "if (!wholeSource) {", "if (false) {");
        all.add(RUN.breaks("Y11", "if (!wholeSource) {", "if (false) {")
                .and("boolean removable = wholeSource && wholeTarget;", "boolean removable = wholeTarget;"));
        run("Y12", "boolean wholeTarget = whole(to, target, path);", "boolean wholeTarget = true;");
        run(
                "Y13",
                "if (listing.complete() || !listing.worthAnotherTry() || attempt >= options.attempts() || pool.stopped()) {",
                "if (true) {");
        run("Y16", "(here.isEmpty() || isEmpty(path))", "(here.isPresent() && isEmpty(path))");
        run("Y17", "(here.isEmpty() || isEmpty(path))", "here.isEmpty()");
        run("Y25", "if (filter.excluded(there.path())) {", "if (false) {");
        run("Y26", "boolean wanted = filter.included(there.path());", "boolean wanted = true;");
        run("Y27", "if (source.overlaps(target) || target.overlaps(source)) {", "if (false) {");
        run("Y32", "tally.deleted.add(doomed());", "");
        run("Y33", "found(SyncFinding.Kind.EXTRA, entry.path(), \"the source does not have it\");", "");
    }

    private void inTheDeletes() {
        run("Y09", "extraneous.forEachReversed(entry -> {", "extraneous.forEach(entry -> {");
        run("Y18", "options.guard().judge(", "DeleteGuard.unlimited().judge(");
        run("Y21", "long doomed = doomed() + tally.inTheWay.sum();", "long doomed = doomed();");
        run("Y22", "settleTypes(); if (allHasArrived()) {", "if (allHasArrived()) {");
        run("Y23", "if (weight.obstacle != null) {", "if (false) {");
        run("Y24", "copy(here, null, () -> makeRoomAt(path));", "makeRoomAt(path); copy(here, null, () -> {});");
        run("Y34", "boolean stillThere = areStillThere(roots);", "boolean stillThere = true;");
        run("Y35", "if (source.stat(path).isPresent()) {", "if (false) {");
        run("Y45", "return lacking == 0;", "return true;");
        run(
                "Y46",
                "if (filter.excluded(there.path())) { stays(within); return; }",
                "if (filter.excluded(there.path())) { return; }");
        run("Y48", "boolean stillThere = areStillThere(roots);", "boolean stillThere = true;");
    }

    private void inTheCopies() {
        run("Y14", COPY, "tally.copied.increment();");
        run(
                "Y15",
                "staged = writer().stage(source, wanted, this::copiedBytes);",
                "if (old != null) { writer().delete(old); } staged = writer().stage(source, wanted, this::copiedBytes);");
        run(
                "Y19",
                "if (staged != null && wanted.unchangedIn(now) && staged.size() == now.size()) {",
                "if (staged != null) {");
        run("Y20", "} else { stale(path, wanted, old); }", "}");
        run(
                "Y28",
                "refuseOverlap(); FileEntry",
                "refuseOverlap(); target.claim(Claim.of(\"00000000cccc\")).close(); FileEntry");
        // half of it stands at its name before it is whole
        all.add(TREE.breaks(
                "Y29",
                "nodes.put(temporary, new Node(",
                "nodes.put(file.path(), new Node(FileEntry.Type.FILE, java.util.Arrays.copyOf(content, content.length / 2),"
                        + " Instant.EPOCH, Map.of(), ++versions)); nodes.put(temporary, new Node("));
        run("Y30", "if (writer().sweep(there)) {", "if (false) {");
        run("Y31", "boolean again = e instanceof DrException known && known.retryable();", "boolean again = false;");
        run("Y36", "found(SyncFinding.Kind.VANISHED, path, \"it disappeared from the source during the run\");", "");
        run("Y43", "total(expected.map(SyncTotals::copied), files)", "OptionalLong.empty()");
        run("Y44", "if (!pool.abandoned()) {", "if (failed == null) {");
    }

    private void inTheActions() {
        action("Y37", "if (preview.totals().changesAnything()) {", "if (false) {");
        action(
                "Y38",
                "if (before instanceof WritersStopped.NotShown not) { return Observed.tooEarly(not.why()); }"
                        + " evidence = ((WritersStopped.Stopped) before).evidence();",
                "evidence = before.toString();");
        action(
                "Y39",
                "WritersStopped.Answer after = writersStopped.get().observe(context);",
                "WritersStopped.Answer after = new WritersStopped.Stopped(evidence);");
        action(
                "Y40",
                "if (writersStopped.isPresent() && findings.count(SyncFinding.Kind.KEPT_NEWER) > 0) {",
                "if (false) {");
        action("Y41", "throw SyncRun.incomparable(preview.findings());", "");
        action("Y47", "|| (writersStopped.isPresent() && preview.findings().count(SyncFinding.Kind.VANISHED) > 0)", "");
        run("Y42", "host.requireAuthority(); return true;", "return true;");
    }
}
