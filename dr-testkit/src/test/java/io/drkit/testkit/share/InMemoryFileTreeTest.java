package io.drkit.testkit.share;

import io.drkit.core.share.FileTree;

class InMemoryFileTreeTest extends FileTreeContract {
    @Override
    protected FileTree newTree() {
        return InMemoryFileTree.named("test").pageSize(7).shuffled(42);
    }
}
