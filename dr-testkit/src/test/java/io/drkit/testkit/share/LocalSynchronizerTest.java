package io.drkit.testkit.share;

import io.drkit.core.share.FileTree;
import io.drkit.core.share.LocalFileTree;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class LocalSynchronizerTest extends ShareSynchronizerContract {
    @TempDir
    private Path temporary;

    @Override
    protected FileTree newTree() throws Exception {
        return LocalFileTree.at(Files.createTempDirectory(temporary, "tree"));
    }
}
