package io.drkit.core.readiness;

import java.util.concurrent.Callable;

/** Nobody gave one. */
record NoBlackHole(String site) implements BlackHole {
    @Override
    public <T> T inside(Callable<T> work) {
        throw new IllegalStateException("there is no black hole for " + site);
    }

    @Override
    public boolean siteAnswers() {
        return true;
    }
}
