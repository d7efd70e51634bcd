package io.drkit.testkit.fault;

import io.drkit.core.Epoch;

/** Adds nothing. */
enum DirectRoute implements Route {
    INSTANCE;

    @Override
    public boolean open() {
        return true;
    }

    @Override
    public <T> T ask(String operation, Faults.Effect<T> question) throws InterruptedException {
        return question.take();
    }

    @Override
    public <T> T change(String operation, String what, Epoch epoch, Faults.Effect<T> change)
            throws InterruptedException {
        return change.take();
    }
}
