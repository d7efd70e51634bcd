package io.drkit.testkit.share;

import io.drkit.core.share.FileTree;

/** A tree that is to fail keeps the rules as long as nothing is made to fail. */
class FaultyFileTreeTest extends FileTreeContract {
    @Override
    protected FileTree newTree() {
        return FaultyFileTree.around(InMemoryFileTree.named("test"));
    }
}
