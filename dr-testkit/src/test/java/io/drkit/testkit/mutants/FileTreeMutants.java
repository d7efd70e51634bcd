package io.drkit.testkit.mutants;

import io.drkit.testkit.mutants.Planted.Suspect;
import io.drkit.testkit.share.InMemoryFileTree;
import java.util.List;

/** Broken trees of files. */
final class FileTreeMutants {
    private static final Suspect TREE =
            new Suspect(InMemoryFileTree.class, "io.drkit.testkit.share.InMemoryFileTreeTest");

    private FileTreeMutants() {}

    static List<Planted> all() {
        return List.of(
                TREE.breaks(
                        "T01",
                        "return Optional.ofNullable(nodes.get(path))",
                        "return Optional.ofNullable(path.isRoot() ? null : nodes.get(path))"),
                TREE.breaks(
                        "T02",
                        "return Optional.ofNullable(nodes.get(path)).map(node -> node.entry(path));",
                        "return Optional.of(nodes.getOrDefault(path, nodes.get(TreePath.ROOT)).entry(path));"),
                TREE.breaks(
                        "T03",
                        "new Page(entries.subList(next, end), end == entries.size())",
                        "new Page(entries.subList(next, end), true)"),
                TREE.breaks("T04", "if (type(directory) != FileEntry.Type.DIRECTORY) {", "if (false) {"),
                TREE.breaks("T05", "content = in.readAllBytes();", "content = in.readNBytes(4096);"),
                TREE.breaks(
                        "T06",
                        "nodes.put(temporary, new Node(",
                        "nodes.put(file.path(), new Node(FileEntry.Type.FILE, content, Instant.EPOCH, Map.of(),"
                                + " ++versions)); nodes.put(temporary, new Node("),
                TREE.breaks("T07", "nodes.remove(staged.temporary()); nodes.put(", "nodes.put("),
                TREE.breaks(
                        "T07",
                        "as.modified(), as.attributes(), ++versions",
                        "Instant.EPOCH, as.attributes(), ++versions"),
                TREE.breaks("T07", "as.modified(), as.attributes(), ++versions", "as.modified(), Map.of(), ++versions"),
                TREE.breaks("T08", "if (type(as.path()) == FileEntry.Type.DIRECTORY) {", "if (false) {"),
                TREE.breaks(
                        "T09",
                        "requireHeld(); nodes.remove(staged.temporary());",
                        "if (nodes.remove(staged.temporary()) == null) { throw inTheWay(staged.temporary()); }"),
                TREE.breaks("T10", "Optional.of(Long.toString(version))", "Optional.of(\"1\")"),
                TREE.breaks(
                        "T11",
                        "new Node(FileEntry.Type.FILE, node.content, as.modified(), as.attributes(), ++versions));",
                        "new Node(FileEntry.Type.FILE, node.content, as.modified(), as.attributes(), ++versions));"
                                + " nodes.computeIfPresent(as.path().parent().orElseThrow(), (path, old) ->"
                                + " new Node(old.type, old.content, old.modified, old.attributes, ++versions));"),
                TREE.breaks("T12", "} else if (there != FileEntry.Type.DIRECTORY) {", "} else {"),
                TREE.breaks("T12", "} else if (there != FileEntry.Type.DIRECTORY) {", "} else if (false) {"),
                TREE.breaks("T13", "if (in(entry.path(), path)) {", "if (false) {"),
                TREE.breaks("T14", "if (holder != null) {", "if (false) {"),
                TREE.breaks(
                        "T14",
                        "throw new ConflictException( \"share.target-busy\",",
                        "holder = null; throw new ConflictException(\"share.target-busy\","),
                TREE.breaks(
                        "T15",
                        "if (!temporary.matches() || temporary.group(1).equals(run)) {",
                        "if (!temporary.matches()) {"),
                TREE.breaks(
                        "T15",
                        "if (!temporary.matches() || temporary.group(1).equals(run)) {",
                        "if (temporary.matches() && temporary.group(1).equals(run)) {"),
                TREE.breaks(
                        "T16",
                        "return new FileEntry(path, type,",
                        "return new FileEntry(path.isRoot() ? path : TreePath.of(java.text.Normalizer.normalize("
                                + "path.value(), java.text.Normalizer.Form.NFC)), type,"),
                TREE.breaks(
                        "T17",
                        "new Node(node.type, node.content, modified, attributes, version)",
                        "new Node(node.type, new byte[0], modified, attributes, version)"),
                TREE.breaks("T18", "return this == other;", "return false;"),
                TREE.breaks(
                        "T19",
                        "return Optional.ofNullable(nodes.get(path))",
                        "return Optional.ofNullable(path.value().length() > 255 ? null : nodes.get(path))"),
                TREE.breaks("T20", "|| (seen.isPresent() && !seen.get().unchangedIn(there.get()))) {", ") {"),
                TREE.breaks("T20", "if (there.isPresent() != seen.isPresent() ||", "if ("),
                TREE.breaks(
                        "T21",
                        "if (there != null && !entry.version().equals(Optional.of(Long.toString(there.version)))) {",
                        "if (false) {"),
                TREE.breaks("T22", "if (claims && claim.epoch().compareTo(highest) < 0) {", "if (false) {"),
                TREE.breaks("T22", "if (claims && claim.epoch()", "if (claim.epoch()"),
                TREE.breaks("T22", "highest = claims ? claim.epoch() : highest;", "highest = claim.epoch();"));
    }
}
