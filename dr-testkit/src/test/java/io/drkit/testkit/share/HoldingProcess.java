package io.drkit.testkit.share;

import io.drkit.core.share.Claim;
import io.drkit.core.share.FileTreeWriter;
import io.drkit.core.share.LocalFileTree;
import java.nio.file.Path;

/** A process of its own that claims a directory and holds it until it dies. */
final class HoldingProcess {
    private HoldingProcess() {}

    public static void main(String... args) throws Exception {
        try (FileTreeWriter writer = LocalFileTree.at(Path.of(args[0])).claim(Claim.of("00000000c0de"))) {
            System.out.println("claimed");
            System.in.read();
            writer.sweep(io.drkit.core.share.FileEntry.directory(io.drkit.core.share.TreePath.of("x")));
        }
    }
}
