package io.drkit.testkit.disaster;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProbeTest {
    @Test
    void probe() throws InterruptedException {
        Shop.disasters().runs(3000).seed(5000).holds(Invariant.named("has a report", "-", h -> h.reports().isEmpty() ? Optional.of(new Breach(h.end(), "none")) : Optional.empty()));
    }
}
