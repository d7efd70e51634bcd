package io.drkit.testkit.disaster;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.workload.Workload;
import io.drkit.testkit.disaster.Shop.Mistake;
import io.drkit.testkit.disaster.Shop.Place;
import org.junit.jupiter.api.Test;

/** A simulation in which the plan could not work, or in which there is nothing to lose, says so instead of passing. */
class SettingMistakesTest {
    private static final int FEW = 30;

    private static Disasters<Place> shop() {
        return Disasters.against(world -> Shop.shortPlan(world, Mistake.NONE)).over(Place::of);
    }

    private static Disasters<Place> working(Disasters<Place> disasters) {
        return disasters
                .working(Shop.APP, 1)
                .working(Shop.QUEUE, 1)
                .working(Shop.JOBS, 1)
                .files("orders")
                .runs(FEW);
    }

    @Test
    void allNamesAsInThePlan_holds() {
        assertThatCode(() -> working(shop().traffic(Shop.NAME)
                                .database(Shop.DATABASE)
                                .serving(Shop.WEB, 2))
                        .holds(Invariants.all()))
                .doesNotThrowAnyException();
    }

    @Test
    void servingOfAnotherWorkloadThanThePlans_isFound() {
        assertThatThrownBy(() -> working(shop().traffic(Shop.NAME)
                                .database(Shop.DATABASE)
                                .serving(Workload.deployment("website"), 2))
                        .holds(Invariants.all()))
                .isInstanceOf(DisasterFound.class)
                .hasMessageContaining("it works when nothing else goes wrong")
                .hasMessageContaining("no deployment/web")
                .hasMessageContaining(".serving(…)")
                .hasMessageContaining("replay(\"switchover:\")");
    }

    @Test
    void trafficByAnotherNameThanThePlans_isFound() {
        assertThatThrownBy(() -> working(shop().traffic("www.shop.example.com")
                                .database(Shop.DATABASE)
                                .serving(Shop.WEB, 2))
                        .holds(Invariants.all()))
                .isInstanceOf(DisasterFound.class)
                .hasMessageContaining("it works when nothing else goes wrong")
                .hasMessageContaining("a record " + Shop.NAME)
                .hasMessageContaining(".traffic(…)");
    }

    @Test
    void databaseNameNotToldToTheSimulation_isFound() {
        assertThatThrownBy(() ->
                        working(shop().traffic(Shop.NAME).serving(Shop.WEB, 2)).holds(Invariants.all()))
                .isInstanceOf(DisasterFound.class)
                .hasMessageContaining("a record " + Shop.DATABASE)
                .hasMessageContaining(".database(…)");
    }

    @Test
    void rehearsal_replayed_isTheSame() {
        Disasters<Place> wrong = working(shop().traffic("www.shop.example.com").serving(Shop.WEB, 2));

        assertThatThrownBy(() -> wrong.replay("switchover:").holds(Invariants.all()))
                .isInstanceOf(DisasterFound.class)
                .hasMessageContaining("it works when nothing else goes wrong");
        assertThatThrownBy(() -> wrong.replay("failover:0").holds(Invariants.all()))
                .isInstanceOf(DisasterFound.class)
                .hasMessageContaining("it works when nothing else goes wrong");
    }

    @Test
    void nobodyWhoWrites_isRefused() {
        assertThatIllegalStateException()
                .isThrownBy(() -> shop().runs(FEW).holds(Invariants.all()))
                .withMessageContaining("traffic(…)")
                .withMessageContaining("working(…)");
        assertThatIllegalStateException()
                .isThrownBy(() -> working(shop().serving(Shop.WEB, 2)).holds(Invariants.all()))
                .withMessageContaining("traffic(…)");
        assertThatIllegalStateException()
                .isThrownBy(() -> working(shop().traffic(Shop.NAME)).holds(Invariants.all()))
                .withMessageContaining("serving(…)");
        assertThatIllegalStateException().isThrownBy(() -> shop().replay("1:")).withMessageContaining("traffic(…)");
    }

    @Test
    void workloadWithoutPods_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> shop().serving(Shop.WEB, 0))
                .withMessageContaining("deployment/web");
        assertThatIllegalArgumentException().isThrownBy(() -> shop().working(Shop.JOBS, -1));
    }

    @Test
    void noInvariant_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Shop.disasters(Mistake.NO_FENCE).runs(FEW).holds())
                .withMessageContaining("Invariants.all()");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Shop.disasters(Mistake.NO_FENCE).replay("1:").holds())
                .withMessageContaining("Invariants.all()");
    }
}
