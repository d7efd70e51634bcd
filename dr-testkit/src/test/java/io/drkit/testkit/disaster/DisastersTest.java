package io.drkit.testkit.disaster;

import org.junit.jupiter.api.Test;

class DisastersTest {
    @Test
    void planOfTwelveSteps_survivesAnyDisaster() throws InterruptedException {
        System.out.println(Shop.disasters()
                .runs(Integer.getInteger("runs", 300))
                .seed(Long.getLong("seed", 1))
                .holds(Invariants.all()));
    }
}
