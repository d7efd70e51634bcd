package io.drkit.core.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.Site;
import io.drkit.core.plan.SiteSwitch;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutageTest {
    private record Place(String name) implements Site {}

    private static final Place WEST = new Place("west");
    private static final Place EAST = new Place("east");
    private static final Instant BEGAN = Instant.parse("2026-03-01T10:00:00Z");

    private final Outage outage = new Outage("west", BEGAN, BEGAN.plusSeconds(40), List.of());

    @Test
    void during_aSwitchFromItsSite_carriesItsMoments() {
        SiteSwitch<Place> during = outage.during(SiteSwitch.failoverFrom(WEST).to(EAST));
        assertThat(during.outageBegan()).hasValue(BEGAN);
        assertThat(during.detectedAt()).hasValue(BEGAN.plusSeconds(40));
    }

    @Test
    void during_aSwitchFromAnotherSite_isRefused() {
        assertThatThrownBy(() -> outage.during(SiteSwitch.failoverFrom(EAST).to(WEST)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("The outage is of west, and this is a failover east \u2192 west");
    }
}
