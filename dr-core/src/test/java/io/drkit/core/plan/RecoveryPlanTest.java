package io.drkit.core.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.drkit.core.Site;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RecoveryPlanTest {
    record Place(String name) implements Site {}

    private static final Place WEST = new Place("west");
    private static final Place EAST = new Place("east");

    private static Action<String> says(String description) {
        return new Action<>() {
            @Override
            public String describe() {
                return description;
            }

            @Override
            public String observe(ActionContext context) {
                return "";
            }

            @Override
            public Assessment assess(String observed) {
                return Assessment.done("");
            }

            @Override
            public void apply(String observed, ActionContext context) {}
        };
    }

    private static StepFunction<Place> does(String what) {
        return (from, to) -> says(what + " " + from.name() + " " + to.name());
    }

    private static RecoveryPlan.Builder<Place> plan() {
        return RecoveryPlan.<Place>named("p").rpo(Duration.ofMinutes(1)).rto(Duration.ofMinutes(2));
    }

    private static String codeOf(RecoveryPlan.StepBuilder<Place> plan, String... mentions) {
        InvalidPlanException refused = catchThrowableOfType(InvalidPlanException.class, plan::build);
        assertThat(refused).hasMessageContainingAll(mentions).hasMessageContaining("What to do:");
        return refused.code();
    }

    @Test
    void since_whenItWasDetectedBeforeItBegan_refuses() {
        Instant began = Instant.parse("2026-03-01T10:00:00Z");

        assertThatThrownBy(() -> SiteSwitch.failoverFrom(WEST).to(EAST).since(began, began.minusMillis(1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(SiteSwitch.failoverFrom(WEST).to(EAST).since(began, began).detectedAt())
                .contains(began);
    }

    @Test
    void build_cycle_isRefusedAndNamesTheCycle() {
        assertThat(codeOf(
                        plan().step("a", does("a"))
                                .after("c")
                                .nothingToUndo("x")
                                .step("b", does("b"))
                                .after("a")
                                .nothingToUndo("x")
                                .step("c", does("c"))
                                .after("b")
                                .nothingToUndo("x"),
                        "a after c after b after a"))
                .isEqualTo("plan.cycle");
    }

    @Test
    void build_stepAfterItself_isACycle() {
        assertThat(codeOf(plan().step("a", does("a")).after("a").nothingToUndo("x"), "a after a"))
                .isEqualTo("plan.cycle");
    }

    @Test
    void build_duplicateName_isRefused() {
        assertThat(codeOf(
                        plan().step("a", does("a"))
                                .nothingToUndo("x")
                                .step("a", does("b"))
                                .nothingToUndo("x"),
                        "\"a\""))
                .isEqualTo("plan.duplicate-step");
    }

    @Test
    void build_unknownDependency_isRefusedAndNamesTheKnownOnes() {
        assertThat(codeOf(
                        plan().step("promote", does("a"))
                                .nothingToUndo("x")
                                .step("start", does("b"))
                                .after("promot")
                                .nothingToUndo("x"),
                        "\"promot\"",
                        "\"promote\""))
                .isEqualTo("plan.unknown-dependency");
    }

    @Test
    void build_noUndoBeforeThePointOfNoReturn_isRefused() {
        assertThat(codeOf(
                        plan().step("stop writers", does("a"))
                                .step("promote", does("b"))
                                .after("stop writers")
                                .pointOfNoReturn(),
                        "\"stop writers\"",
                        "undo(…)"))
                .isEqualTo("plan.missing-undo");
    }

    @Test
    void build_noUndoBesideThePointOfNoReturn_isRefusedAsItMayComeBefore() {
        assertThat(codeOf(plan().step("promote", does("b")).pointOfNoReturn().step("copy", does("a")), "\"copy\""))
                .isEqualTo("plan.missing-undo");
    }

    @Test
    void build_undoMissingOnlyWhereThePointOfNoReturnHasNoPart_isRefused() {
        assertThat(codeOf(
                        plan().step("promote", does("b"))
                                .pointOfNoReturn()
                                .onlyIn(Mode.FAILOVER)
                                .step("start", does("a"))
                                .after("promote"),
                        "\"start\"",
                        "in a switchover"))
                .isEqualTo("plan.missing-undo");
    }

    @Test
    void build_noSteps_isRefused() {
        assertThatThrownBy(() -> plan().build())
                .isInstanceOf(InvalidPlanException.class)
                .hasMessageContaining("plan.no-steps");
    }

    @Test
    void build_noObjectives_isRefused() {
        assertThatThrownBy(() -> RecoveryPlan.<Place>named("p")
                        .step("a", does("a"))
                        .nothingToUndo("x")
                        .build())
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    @DisplayName("A10: the way back is the same plan with the sites swapped")
    void bind_sitesSwapped_callsTheStepsWithThemSwapped() {
        RecoveryPlan<Place> plan =
                plan().step("a", does("move")).nothingToUndo("x").build();
        assertThat(plan.bind(SiteSwitch.switchoverFrom(WEST).to(EAST)).steps())
                .extracting(step -> step.action().describe())
                .containsExactly("move west east");
        assertThat(plan.bind(SiteSwitch.switchoverFrom(EAST).to(WEST)).steps())
                .extracting(step -> step.action().describe())
                .containsExactly("move east west");
    }

    @Test
    void bind_stepOfTheOtherMode_handsOnItsDependencies() {
        RecoveryPlan<Place> plan = plan().step("a", does("a"))
                .nothingToUndo("x")
                .step("b", does("b"))
                .after("a")
                .onlyIn(Mode.SWITCHOVER)
                .nothingToUndo("x")
                .step("c", does("c"))
                .inFailover(does("c otherwise"))
                .after("b")
                .nothingToUndo("x")
                .build();
        List<PlannedStep> failover = plan.bind(SiteSwitch.failoverFrom(WEST).to(EAST)).steps();
        assertThat(failover).extracting(PlannedStep::name).containsExactly("a", "c");
        assertThat(failover.get(1).after()).containsExactly("a");
        assertThat(failover.get(1).action().describe()).startsWith("c otherwise");
    }

    @Test
    void bind_stepsDeclaredOutOfOrder_areOrdered() {
        RecoveryPlan<Place> plan = plan().step("last", does("z"))
                .after("first")
                .nothingToUndo("x")
                .step("first", does("a"))
                .nothingToUndo("x")
                .build();
        assertThat(plan.bind(SiteSwitch.switchoverFrom(WEST).to(EAST)).steps())
                .extracting(PlannedStep::name)
                .containsExactly("first", "last");
    }

    @Test
    @Timeout(10)
    void build_deepLadderOfStepsOfTheOtherMode_takesNoTime() {
        RecoveryPlan.Builder<Place> plan = plan();
        plan.step("a0", does("a")).nothingToUndo("x").step("b0", does("b")).nothingToUndo("x");
        for (int i = 1; i < 60; i++) {
            String[] below = {"a" + (i - 1), "b" + (i - 1)};
            plan.step("a" + i, does("a")).after(below).onlyIn(Mode.SWITCHOVER).nothingToUndo("x");
            plan.step("b" + i, does("b")).after(below).onlyIn(Mode.SWITCHOVER).nothingToUndo("x");
        }
        plan.step("top", does("top")).after("a59", "b59").nothingToUndo("x");
        List<PlannedStep> failover =
                plan.build().bind(SiteSwitch.failoverFrom(WEST).to(EAST)).steps();
        assertThat(failover).extracting(PlannedStep::name).containsExactly("a0", "b0", "top");
        assertThat(failover.get(2).after()).containsExactly("a0", "b0");
    }

    @Test
    void hash_samePlanBuiltTwice_isTheSame() {
        assertThat(hashOf("a", "x")).isEqualTo(hashOf("a", "x"));
    }

    @Test
    void hash_anotherDescriptionUndoDirectionOrMode_isAnother() {
        RecoveryPlan<Place> plan =
                plan().step("a", does("a")).nothingToUndo("x").build();
        String hash = plan.bind(SiteSwitch.switchoverFrom(WEST).to(EAST)).hash();
        assertThat(hash)
                .isNotEqualTo(hashOf("b", "x"))
                .isNotEqualTo(hashOf("a", "y"))
                .isNotEqualTo(plan.bind(SiteSwitch.switchoverFrom(EAST).to(WEST)).hash())
                .isNotEqualTo(plan.bind(SiteSwitch.failoverFrom(WEST).to(EAST)).hash())
                .isEqualTo(plan.bind(SiteSwitch.switchoverFrom(WEST).to(EAST).since(Instant.EPOCH))
                        .hash());
    }

    private static String hashOf(String action, String nothing) {
        return plan().step("a", does(action))
                .nothingToUndo(nothing)
                .build()
                .bind(SiteSwitch.switchoverFrom(WEST).to(EAST))
                .hash();
    }

    @Test
    void siteSwitch_oneSiteTwice_isRefused() {
        assertThatThrownBy(() -> SiteSwitch.switchoverFrom(WEST).to(new Place("west")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("west");
    }
}
