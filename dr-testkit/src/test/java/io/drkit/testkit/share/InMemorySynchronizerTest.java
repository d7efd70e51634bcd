package io.drkit.testkit.share;

import io.drkit.core.share.FileTree;

class InMemorySynchronizerTest extends ShareSynchronizerContract {
    @Override
    protected FileTree newTree() {
        return InMemoryFileTree.named("test").pageSize(3).shuffled(7);
    }
}
