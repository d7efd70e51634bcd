package io.drkit.testkit.engine;

import static io.drkit.testkit.engine.Town.EAST;
import static io.drkit.testkit.engine.Town.OVER;
import static io.drkit.testkit.engine.Town.WEST;
import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.replica.FailoverTerms;
import io.drkit.core.replica.Lag;
import io.drkit.core.replica.LossWaiver;
import io.drkit.core.replica.NodeStatus;
import io.drkit.core.replica.NodeStatus.Role;
import io.drkit.core.replica.ReplicaPromoter;
import io.drkit.core.replica.ReplicationStatus;
import io.drkit.core.report.HtmlReport;
import io.drkit.core.report.JsonReport;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepStatus;
import io.drkit.core.report.TextReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.run.Preview;
import io.drkit.core.run.RunReports;
import io.drkit.core.safety.Outlook;
import io.drkit.core.safety.SafetyFinding;
import io.drkit.core.safety.SafetyRule;
import io.drkit.core.safety.SiteChange;
import io.drkit.testkit.engine.Town.Place;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.replica.FakeDatabase;
import io.drkit.testkit.replica.FakeDatabases;
import io.drkit.testkit.replica.FakeReplicaPromoter;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SafetyRulesTest {
    private final VirtualClockwork time = VirtualClockwork.seeded(4);
    private final Town town = new Town();
    private final InMemoryJournalStore journals = new InMemoryJournalStore();
    private final PlanRunner runner =
            PlanRunner.journalingTo(journals).clockwork(time).build();

    @AfterEach
    void close() {
        time.close();
    }

    /** The roles are values of the town: primary, replica, stopped; whatever cannot be read is unknown. */
    private final class Databases implements ReplicaPromoter<String> {
        @Override
        public String name(String node) {
            return node;
        }

        @Override
        public ReplicationStatus status(String primary, String replica) {
            return new ReplicationStatus(node(primary), node(replica), new Lag.Unknown("not asked"));
        }

        private NodeStatus node(String name) {
            Role seen = town.dark.contains(name) ? Role.UNKNOWN : Role.valueOf(town.values.get(name));
            Role role = Role.valueOf(town.values.getOrDefault("both", seen.name()));
            return new NodeStatus(name, role, OptionalLong.empty(), "", false, "");
        }

        @Override
        public Action<?> switchover(String from, String to) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Action<?> failover(String from, String to, FailoverTerms terms) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Action<?> rejoin(String former, String primary) {
            throw new UnsupportedOperationException();
        }
    }

    private SafetyRule<ReplicationStatus> onePrimary() {
        return SafetyRule.oneWritablePrimary(new Databases(), "db-west", "db-east");
    }

    /** Stops the writers; fences and promotes; moves traffic. */
    private RecoveryPlan<Place> plan(SiteChange... promotionMakes) {
        return Town.plan()
                .safety("One writable primary", (from, to) -> onePrimary())
                .safety("ready before traffic", (from, to) -> SafetyRule.trafficOnlyToReady(town.set("pods", "ready")))
                .safety(
                        "a site serves",
                        (from, to) -> SafetyRule.oneSiteServes(
                                town.set("serves", from.name()), town.set("serves", to.name())))
                .step("stop writers", (from, to) -> town.set("writers", "off"))
                .undo((from, to) -> town.set("writers", "on"))
                .step("fence", (from, to) -> town.set("db-west", "STOPPED"))
                .undo((from, to) -> town.set("db-west", "PRIMARY"))
                .after("stop writers")
                .step("promote", (from, to) -> town.set("db-east", "PRIMARY"))
                .after("fence")
                .makes(promotionMakes)
                .pointOfNoReturn()
                .step("start", (from, to) -> town.set("serves", to.name()))
                .after("promote")
                .step("move traffic", (from, to) -> town.set("dns", to.name()))
                .after("start")
                .makes(SiteChange.TRAFFIC_TO)
                .restoresService()
                .build();
    }

    private void asBefore() {
        town.values.put("db-west", "PRIMARY");
        town.values.put("db-east", "REPLICA");
        town.values.put("writers", "on");
        town.values.put("serves", "west");
        town.values.put("pods", "ready");
    }

    private RunReport run(RecoveryPlan<Place> plan) throws Exception {
        return time.run(() -> runner.run(plan, OVER));
    }

    private static String detail(RunReport report, String step) {
        return report.steps().stream()
                .filter(s -> s.name().equals(step))
                .findFirst()
                .orElseThrow()
                .detail();
    }

    @Test
    @DisplayName("A15: only one environment takes writes, by a rule that the engine enforces")
    void run_ruleHolds_goesThrough() throws Exception {
        asBefore();
        assertThat(run(plan(SiteChange.TO_WRITABLE)).outcome()).isEqualTo(RunOutcome.SUCCEEDED);
    }

    @Test
    @DisplayName("F1: a step that would make a second writable primary does not begin its change")
    void run_stepWouldBreakTheRule_stopsBeforeItAndIsPutBack() throws Exception {
        asBefore();
        RecoveryPlan<Place> unfenced = Town.plan()
                .safety("One writable primary", (from, to) -> onePrimary())
                .step("stop writers", (from, to) -> town.set("writers", "off"))
                .undo((from, to) -> town.set("writers", "on"))
                .step("promote", (from, to) -> town.set("db-east", "PRIMARY"))
                .after("stop writers")
                .makes(SiteChange.TO_WRITABLE)
                .pointOfNoReturn()
                .build();

        RunReport report = run(unfenced);

        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(report.reason().orElseThrow())
                .contains("[safety.one-writable-primary]", "both would take writes", "override this one rule");
        assertThat(town.applied).containsExactly("writers=off", "writers=on");
    }

    @Test
    @DisplayName("F1: a fence that another step has only promised is no fence")
    void run_fenceOfAnotherStepAtWork_doesNotLetThePromotionBegin() throws Exception {
        asBefore();
        town.takes.put("db-west", Duration.ofMinutes(10));
        town.takes.put("moment", Duration.ofMinutes(1));
        RecoveryPlan<Place> unordered = Town.plan()
                .safety("One writable primary", (from, to) -> onePrimary())
                .step("fence", (from, to) -> town.set("db-west", "STOPPED"))
                .undo((from, to) -> town.set("db-west", "PRIMARY"))
                .makes(SiteChange.FROM_FENCED)
                .step("a moment", (from, to) -> town.set("moment", "passed"))
                .nothingToUndo("a test")
                .step("promote", (from, to) -> town.set("db-east", "PRIMARY"))
                .after("a moment")
                .makes(SiteChange.TO_WRITABLE)
                .pointOfNoReturn()
                .build();

        RunReport report = run(unordered);

        assertThat(detail(report, "promote")).contains("[safety.one-writable-primary]", "both would take writes");
        assertThat(town.applied).containsExactly("moment=passed", "db-west=STOPPED", "db-west=PRIMARY");
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
    }

    @Test
    @DisplayName("F4: the late end of a given-up step takes nothing from the failover's step of that name")
    void failOver_givenUpStepEndsLate_doesNotTakeAwayWhatTheFailoversStepWillMake() throws Exception {
        List<Set<SiteChange>> asked = new ArrayList<>();
        SafetyRule<String> listens = new SafetyRule<>() {
            @Override
            public String describe() {
                return "hears what is coming";
            }

            @Override
            public String observe(ActionContext context) {
                return "";
            }

            @Override
            public SafetyFinding judge(String observed, Outlook outlook) {
                asked.add(outlook.coming());
                return SafetyFinding.holds("");
            }
        };
        town.takes.put("primary", Duration.ofMinutes(58));
        town.takes.put("files", Duration.ofMinutes(50));
        RecoveryPlan<Place> plan = Town.plan()
                .safety("listens", (from, to) -> listens)
                .step("promote", (from, to) -> new Deaf(time, Duration.ofMinutes(10)))
                .inFailover((from, to) -> town.set("primary", to.name()))
                .makes(SiteChange.TO_WRITABLE)
                .nothingToUndo("a test")
                .step("copy", (from, to) -> town.set("files", to.name()))
                .onlyIn(Mode.FAILOVER)
                .nothingToUndo("a test")
                .step("move traffic", (from, to) -> town.set("dns", to.name()))
                .onlyIn(Mode.FAILOVER)
                .after("copy")
                .makes(SiteChange.TRAFFIC_TO)
                .nothingToUndo("a test")
                .build();
        RunReport report = time.run(() -> {
            time.start("ann", () -> {
                try {
                    time.sleep(Duration.ofSeconds(5));
                    runner.control(plan, OVER, "ann", "commander").failOver("west is dead");
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            return runner.run(plan, OVER);
        });

        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(asked).contains(Set.of(SiteChange.TRAFFIC_TO, SiteChange.TO_WRITABLE));
    }

    @Test
    void run_ruleBrokenAlready_beginsNoChange() throws Exception {
        asBefore();
        town.values.put("db-east", "PRIMARY");
        RunReport report = run(plan());
        assertThat(report.outcome()).isNotEqualTo(RunOutcome.SUCCEEDED);
        assertThat(detail(report, "stop writers")).contains("safety.one-writable-primary");
        assertThat(town.applied).isEmpty();
    }

    @Test
    @DisplayName("F6: what is not known is never good")
    void run_ruleUnknown_beginsNoChange() throws Exception {
        asBefore();
        town.dark.add("db-west");
        town.dark.add("db-east");
        RunReport report = run(plan());
        assertThat(detail(report, "stop writers")).contains("safety.one-writable-primary", "not known");
        assertThat(town.applied).isEmpty();
    }

    @Test
    void run_trafficToASiteThatIsNotReady_stopsBeforeIt() throws Exception {
        asBefore();
        town.values.put("pods", "starting");
        RunReport report = run(plan());
        assertThat(report.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(detail(report, "move traffic")).contains("[safety.ready-before-traffic]", "it is not ready");
        assertThat(town.values).doesNotContainKey("dns");
    }

    @Test
    void run_noSiteServesWhenAllStepsAreDone_isNotCalledASuccess() throws Exception {
        asBefore();
        RecoveryPlan<Place> plan = Town.plan()
                .safety(
                        "a site serves",
                        (from, to) -> SafetyRule.oneSiteServes(town.set("serves", "west"), town.set("serves", "east")))
                .step("stop", (from, to) -> town.set("serves", "nobody"))
                .nothingToUndo("a test")
                .build();
        RunReport report = run(plan);
        assertThat(report.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(report.reason().orElseThrow()).contains("[safety.a-site-serves]", "no site serves");

        town.values.put("serves", "east");
        town.values.put("serves", "nobody");
        RunReport overridden = time.run(() -> {
            runner.control(plan, OVER, "ann", "commander").override("a site serves", "a planned night");
            return runner.resume(plan, OVER);
        });
        assertThat(overridden.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
    }

    @Test
    void run_ruleThatNeverAnswersWhenAllIsDone_isNotCalledASuccess() throws Exception {
        SafetyRule<String> hangs = new SafetyRule<>() {
            @Override
            public String describe() {
                return "hangs when it is over";
            }

            @Override
            public boolean concerns(Outlook outlook) {
                return outlook.over();
            }

            @Override
            public String observe(ActionContext context) throws InterruptedException {
                time.sleep(Duration.ofDays(1));
                return "";
            }

            @Override
            public SafetyFinding judge(String observed, Outlook outlook) {
                return SafetyFinding.holds("");
            }
        };
        RunReport report = run(Town.plan()
                .safety("hangs", (from, to) -> hangs)
                .step("a", (from, to) -> town.set("a", "1"))
                .nothingToUndo("x")
                .build());
        assertThat(report.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(time.elapsed()).isLessThan(Duration.ofMinutes(1));
    }

    @Test
    @DisplayName("A15: an override names one rule, a person and a reason, and stands in every report")
    void override_oneRule_letsThatOnePassAndIsReported() throws Exception {
        asBefore();
        town.values.put("pods", "starting");
        RecoveryPlan<Place> plan = plan();
        run(plan);
        RunReport report = time.run(() -> {
            var ann = runner.control(plan, OVER, "ann", "commander");
            ann.override("no such rule", "a slip");
            ann.override("ready before traffic", "half of the pods will do");
            return runner.resume(plan, OVER);
        });

        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.steps().get(4).facts())
                .containsEntry(
                        "safety rule overridden: ready before traffic",
                        "it is not ready: still to do: pods from 'starting' to 'ready'; overridden by ann (commander):"
                                + " half of the pods will do");
        assertThat(report.told()).hasSize(2);
        assertThat(report.told().get(0).refused().orElseThrow()).contains("One writable primary");
        assertThat(HtmlReport.toHtml(report)).contains("safety overridden", "half of the pods will do");
        assertThat(String.join(" ", TextReport.lines(report, 400))).contains("OVERRODE the safety rule");
        assertThat(JsonReport.fromJson(JsonReport.toJson(report))).isEqualTo(report);
        RunReport rebuilt = RunReports.of(
                        journals.runs(new JournalKey("p", "west", "east"), 1).get(0))
                .orElseThrow();
        assertThat(HtmlReport.toHtml(rebuilt)).isEqualTo(HtmlReport.toHtml(report));
    }

    @Test
    void override_anotherRule_doesNotHelp() throws Exception {
        asBefore();
        town.values.put("pods", "starting");
        RecoveryPlan<Place> plan = plan();
        run(plan);
        RunReport report = time.run(() -> {
            runner.control(plan, OVER, "ann", "").override("a site serves", "wrong rule");
            return runner.resume(plan, OVER);
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.STOPPED);
    }

    /** A rule whose look goes wrong in its own way. */
    private static SafetyRule<String> looking(Look look) {
        return new SafetyRule<>() {
            @Override
            public String describe() {
                return "looks into a dead site";
            }

            @Override
            public String observe(ActionContext context) throws InterruptedException {
                look.at(context);
                return "";
            }

            @Override
            public SafetyFinding judge(String observed, Outlook outlook) {
                return SafetyFinding.holds("");
            }
        };
    }

    private interface Look {
        void at(ActionContext context) throws InterruptedException;
    }

    private RecoveryPlan<Place> plan(SafetyRule<String> rule) {
        return Town.plan()
                .safety("one writer", (from, to) -> rule)
                .step("a", (from, to) -> town.set("a", "1"))
                .nothingToUndo("a test")
                .step("b", (from, to) -> town.set("b", "1"))
                .after("a")
                .pointOfNoReturn()
                .build();
    }

    /** Runs it while ann overrides its one rule, at once. */
    private RunReport overridden(RecoveryPlan<Place> plan) throws Exception {
        return time.run(() -> {
            time.start("ann", () -> {
                try {
                    time.sleep(Duration.ofSeconds(1));
                    runner.control(plan, OVER, "ann", "commander").override("one writer", "west is gone");
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            return runner.run(plan, OVER);
        });
    }

    @Test
    @DisplayName("F4: a rule that hangs is overridden like one that is broken")
    void override_ruleThatHangs_letsTheRunThrough() throws Exception {
        RunReport report = overridden(plan(looking(context -> time.sleep(Duration.ofDays(365)))));

        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.steps())
                .allSatisfy(step -> assertThat(step.facts().get("safety rule overridden: one writer"))
                        .contains("not known: no answer within", "overridden by ann (commander): west is gone"));
        assertThat(time.elapsed())
                .as("30 s for the look that nobody had overridden, 2 s for the other")
                .isLessThan(Duration.ofSeconds(40));
    }

    @Test
    void override_ruleThatHeedsNobody_letsTheRunThrough() throws Exception {
        RunReport report =
                overridden(plan(looking(context -> new Deaf(time, Duration.ofDays(365)).apply("", context))));

        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(time.elapsed()).isLessThan(Duration.ofSeconds(40));
    }

    @Test
    void run_ruleThatHangs_failsTheStepByTheRulesName() throws Exception {
        RunReport report = run(plan(looking(context -> time.sleep(Duration.ofDays(365)))));

        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(detail(report, "a")).contains("[safety.one-writer]", "not known", "override this one rule");
        assertThat(town.applied).isEmpty();
        assertThat(time.elapsed()).isLessThan(Duration.ofMinutes(1));
    }

    @Test
    void override_ruleThatLacksAClass_letsTheRunThrough() throws Exception {
        RunReport report = overridden(plan(looking(context -> {
            time.sleep(Duration.ofSeconds(5));
            throw new NoClassDefFoundError("of the SDK");
        })));

        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.steps().get(0).facts().get("safety rule overridden: one writer"))
                .contains("NoClassDefFoundError");
    }

    @Test
    @DisplayName("F4: an override helps a run that only a hanging rule keeps from being over")
    void override_allDoneAndTheRuleHangs_isCalledASuccess() throws Exception {
        town.values.put("a", "1");
        town.values.put("b", "1");
        RecoveryPlan<Place> plan = plan(looking(context -> time.sleep(Duration.ofDays(365))));
        assertThat(run(plan).outcome()).isEqualTo(RunOutcome.STOPPED);
        RunReport report = time.run(() -> {
            runner.control(plan, OVER, "ann", "commander").override("one writer", "west is gone");
            return runner.resume(plan, OVER);
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
    }

    @Test
    @DisplayName("F1: a rule that was overridden for the switchover holds again in the failover")
    void failOver_ruleWasOverriddenForTheSwitchover_holdsAgain() throws Exception {
        asBefore();
        town.values.put("pods", "starting");
        town.takes.put("db-east", Duration.ofMinutes(10));
        RecoveryPlan<Place> plan = plan(SiteChange.TO_WRITABLE);
        RunReport report = time.run(() -> {
            time.start("ann", () -> {
                try {
                    var ann = runner.control(plan, OVER, "ann", "commander");
                    time.sleep(Duration.ofSeconds(1));
                    ann.override("ready before traffic", "half of the pods will do for a switchover");
                    time.sleep(Duration.ofMinutes(1));
                    ann.failOver("west is dead");
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            return runner.run(plan, OVER);
        });
        assertThat(report.told()).allSatisfy(told -> assertThat(told.refused()).isEmpty());
        assertThat(report.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(detail(report, "move traffic")).contains("[safety.ready-before-traffic]");
    }

    @Test
    void undo_ruleUnknown_goesBackAllTheSameAndSaysThatItIsNotKnownToBeWell() throws Exception {
        RecoveryPlan<Place> plan = seenAs("UNKNOWN");
        RunReport report = run(plan);
        assertThat(town.values).containsEntry("writers", "on");
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDO_INCOMPLETE);
        town.values.remove("both");
        assertThat(time.run(() -> runner.resume(plan, OVER)).outcome()).isEqualTo(RunOutcome.UNDONE);
    }

    @Test
    @DisplayName("F14: a run that was put back and left nothing serving does not read as put back")
    void undo_putBackButNothingServes_isNotCalledUndone() throws Exception {
        asBefore();
        RecoveryPlan<Place> plan = Town.plan()
                .safety(
                        "a site serves",
                        (from, to) -> SafetyRule.oneSiteServes(town.set("serves", "west"), town.set("serves", "east")))
                .step("stop", (from, to) -> town.set("serves", "nobody"))
                .undo((from, to) -> town.set("serves", "west, it says"))
                .step("refused", (from, to) -> town.set("refused", "1"))
                .after("stop")
                .nothingToUndo("x")
                .build();
        town.blocked.put("refused", "no capacity");
        RunReport report = run(plan);
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDO_INCOMPLETE);
        assertThat(report.reason().orElseThrow())
                .as("the first failure comes first")
                .startsWith("\"refused\":")
                .contains("no capacity", "[safety.a-site-serves]");
    }

    @Test
    void undo_ruleBroken_isHeldUp() throws Exception {
        assertThat(run(seenAs("PRIMARY")).outcome()).isEqualTo(RunOutcome.UNDO_INCOMPLETE);
        assertThat(town.values).containsEntry("writers", "off");
    }

    /** Stops the writers; from then on both databases are seen in that role; then one more step. */
    private RecoveryPlan<Place> seenAs(String role) {
        asBefore();
        return Town.plan()
                .safety("One writable primary", (from, to) -> onePrimary())
                .step("stop writers", (from, to) -> town.set("writers", "off"))
                .undo((from, to) -> town.set("writers", "on"))
                .step("it happens", (from, to) -> town.set("both", role))
                .nothingToUndo("x")
                .after("stop writers")
                .step("one more", (from, to) -> town.set("a", "1"))
                .after("it happens")
                .nothingToUndo("x")
                .build();
    }

    @Test
    void preview_rules_areJudgedAndUnknownIsNotClear() throws Exception {
        asBefore();
        Preview clear = time.run(() -> runner.preview(plan(), OVER));
        assertThat(clear.rules()).hasSize(3).allMatch(Preview.RulePreview::clear);
        town.dark.add("db-west");
        town.dark.add("db-east");
        Preview unknown = time.run(() -> runner.preview(plan(), OVER));
        assertThat(unknown.clear()).isFalse();
        assertThat(town.applied).isEmpty();
    }

    @Test
    void preview_stepThatNeverAnswers_isUnobservableInTime() throws Exception {
        Action<?> hangs = new HangingLook(time);
        RecoveryPlan<Place> plan = Town.plan()
                .step("a", (from, to) -> town.set("a", "1"))
                .nothingToUndo("x")
                .step("hangs", (from, to) -> hangs)
                .nothingToUndo("x")
                .step("hangs too", (from, to) -> hangs)
                .nothingToUndo("x")
                .build();
        Preview preview = time.run(() -> runner.preview(plan, OVER));
        assertThat(preview.steps().get(0).clear()).isTrue();
        assertThat(preview.steps().get(1).unobservable()).contains("did not answer within PT30S");
        assertThat(time.elapsed()).as("all at the same time").isLessThan(Duration.ofSeconds(31));
    }

    @Test
    void oneWritablePrimary_everyPairOfRoles() {
        for (Role west : Role.values()) {
            for (Role east : Role.values()) {
                SafetyFinding found = judge(west, east, Set.of(), Set.of());
                boolean oneIsNone =
                        west == Role.REPLICA || west == Role.STOPPED || east == Role.REPLICA || east == Role.STOPPED;
                if (oneIsNone) {
                    assertThat(found).as(west + " " + east).isInstanceOf(SafetyFinding.Holds.class);
                } else if (west == Role.PRIMARY && east == Role.PRIMARY) {
                    assertThat(found).isInstanceOf(SafetyFinding.Broken.class);
                } else {
                    assertThat(found).as(west + " " + east).isInstanceOf(SafetyFinding.Unknown.class);
                }
            }
        }
    }

    /** A database as an application may have one: its words are others in each process. */
    private static final class Unnamed {
        private final String name;

        Unnamed(String name) {
            this.name = name;
        }
    }

    /** A promoter of them. */
    private record OfUnnamed(ReplicaPromoter<String> promoter) implements ReplicaPromoter<Unnamed> {
        @Override
        public String name(Unnamed node) {
            return node.name;
        }

        @Override
        public ReplicationStatus status(Unnamed primary, Unnamed replica) throws InterruptedException {
            return promoter.status(primary.name, replica.name);
        }

        @Override
        public Action<?> switchover(Unnamed from, Unnamed to) {
            return promoter.switchover(from.name, to.name);
        }

        @Override
        public Action<?> failover(Unnamed from, Unnamed to, FailoverTerms terms) {
            return promoter.failover(from.name, to.name, terms);
        }

        @Override
        public Action<?> rejoin(Unnamed former, Unnamed primary) {
            return promoter.rejoin(former.name, primary.name);
        }
    }

    @Test
    @DisplayName(
            "F3: the rule has the same words in the process that resumes, whatever the servers' objects say of themselves")
    void oneWritablePrimary_serversWithoutWords_isResumedByAnotherProcess() throws Exception {
        asBefore();
        town.values.put("db-west", "STOPPED");
        town.blocked.put("serves", "not yet");
        Supplier<RecoveryPlan<Place>> inAnotherProcess = () -> Town.plan()
                .safety(
                        "One writable primary",
                        (from, to) -> SafetyRule.oneWritablePrimary(
                                new OfUnnamed(new Databases()), new Unnamed("db-west"), new Unnamed("db-east")))
                .step("promote", (from, to) -> town.set("db-east", "PRIMARY"))
                .makes(SiteChange.TO_WRITABLE)
                .pointOfNoReturn()
                .step("start", (from, to) -> town.set("serves", to.name()))
                .after("promote")
                .build();
        RunReport stopped = time.run(() -> runner.run(inAnotherProcess.get(), OVER));
        assertThat(stopped.outcome()).isEqualTo(RunOutcome.STOPPED);

        town.blocked.clear();
        RunReport resumed = time.run(() -> runner.resume(inAnotherProcess.get(), OVER));
        assertThat(resumed.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(resumed.planHash()).isEqualTo(stopped.planHash());
    }

    @Test
    @DisplayName("F8: a fence that was proven counts only while nothing else can be seen")
    void oneWritablePrimary_deadSite_isJudgedByTheFenceUntilItIsSeenAgain() {
        Set<SiteChange> fenced = Set.of(SiteChange.FROM_FENCED);
        assertThat(judge(Role.UNKNOWN, Role.PRIMARY, fenced, Set.of())).isInstanceOf(SafetyFinding.Holds.class);
        assertThat(judge(Role.PRIMARY, Role.PRIMARY, fenced, Set.of()))
                .as("it came back by itself")
                .isInstanceOf(SafetyFinding.Broken.class);
        assertThat(judge(Role.UNKNOWN, Role.REPLICA, Set.of(), Set.of(SiteChange.TO_WRITABLE)))
                .as("promotion without a fence")
                .isInstanceOf(SafetyFinding.Unknown.class);
        assertThat(judge(Role.UNKNOWN, Role.REPLICA, Set.of(), Set.of(SiteChange.TO_WRITABLE, SiteChange.FROM_FENCED)))
                .isInstanceOf(SafetyFinding.Holds.class);
    }

    private SafetyFinding judge(Role west, Role east, Set<SiteChange> made, Set<SiteChange> coming) {
        town.values.put("db-west", west.name());
        town.values.put("db-east", east.name());
        ReplicationStatus seen = new Databases().status("db-west", "db-east");
        return onePrimary().judge(seen, new Outlook(made, coming, false));
    }

    @Test
    void failover_deadSiteAndAFencingStep_needsNoOverride() throws Exception {
        town.values.put("db-east", "REPLICA");
        town.dark.add("db-west");
        RecoveryPlan<Place> plan = Town.plan()
                .safety("One writable primary", (from, to) -> onePrimary())
                .step("fail over", (from, to) -> town.set("db-east", "PRIMARY"))
                .makes(SiteChange.FROM_FENCED, SiteChange.TO_WRITABLE)
                .pointOfNoReturn()
                .step("start", (from, to) -> town.set("serves", to.name()))
                .after("fail over")
                .build();
        RunReport report =
                time.run(() -> runner.run(plan, SiteSwitch.failoverFrom(WEST).to(EAST)));
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.steps()).allMatch(step -> step.status() == StepStatus.DONE);
    }

    @Test
    @DisplayName(
            "F1: a promotion that was found done has fenced nobody: a site that cannot be seen may still take writes")
    void failover_targetWasPromotedBefore_doesNotCountAsFenced() throws Exception {
        town.values.put("db-east", "PRIMARY");
        town.dark.add("db-west");
        RecoveryPlan<Place> plan = Town.plan()
                .safety("One writable primary", (from, to) -> onePrimary())
                .step("fail over", (from, to) -> town.set("db-east", "PRIMARY"))
                .makes(SiteChange.FROM_FENCED, SiteChange.TO_WRITABLE)
                .pointOfNoReturn()
                .build();
        RunReport report =
                time.run(() -> runner.run(plan, SiteSwitch.failoverFrom(WEST).to(EAST)));
        assertThat(report.steps().get(0).status()).isEqualTo(StepStatus.ALREADY_SO);
        assertThat(report.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(report.reason().orElseThrow()).contains("One writable primary");
    }

    @Test
    @DisplayName(
            "F1: a failover onto a site that was promoted by hand fences the dead one, and the rule is content with that")
    void failover_targetWasPromotedByHand_fencesAndSucceeds() throws Exception {
        FakeDatabases databases = FakeDatabases.on(time);
        FakeDatabase west = databases.primary("west");
        FakeDatabase east = databases.replicaOf(west, "east");
        FakeReplicaPromoter promoter = databases.promoter();
        time.run(() -> {
            west.crash();
            LossWaiver waiver = new LossWaiver("ann", "promoted by hand");
            ActionExecutor.on(time).execute(promoter.failover(west, east, FailoverTerms.unfenced(waiver)));
        });
        RecoveryPlan<Place> plan = Town.plan()
                .safety("One writable primary", (from, to) -> SafetyRule.oneWritablePrimary(promoter, west, east))
                .step("fail over", (from, to) -> promoter.failover(west, east, FailoverTerms.fencedBy(west.fence())))
                .makes(SiteChange.FROM_FENCED, SiteChange.TO_WRITABLE)
                .pointOfNoReturn()
                .build();
        RunReport report =
                time.run(() -> runner.run(plan, SiteSwitch.failoverFrom(WEST).to(EAST)));
        assertThat(report.outcome()).as(report.reason().orElse("")).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.steps().get(0).facts()).containsKey(SiteChange.FROM_FENCED.fact());
        west.reboot();
        assertThat(west.writable()).isFalse();
    }

    /** A promotion whose first try comes to nothing; somebody then promotes by hand, and the run is resumed. */
    private RunReport resumedAfterAPromotionByHand(boolean fencedFirst) throws Exception {
        town.values.put("db-east", "REPLICA");
        town.dark.add("db-west");
        Action<String> promotion = town.set("db-east", "PRIMARY");
        Action<String> tried = new Action<>() {
            @Override
            public String describe() {
                return "fence west, then promote east";
            }

            @Override
            public String observe(ActionContext context) throws InterruptedException {
                return promotion.observe(context);
            }

            @Override
            public Assessment assess(String observed) {
                return promotion.assess(observed);
            }

            @Override
            public void apply(String observed, ActionContext context) {
                if (fencedFirst) {
                    context.record(SiteChange.FROM_FENCED.fact(), "confirmed");
                }
                throw new IllegalStateException("no route to anybody");
            }
        };
        RecoveryPlan<Place> plan = Town.plan()
                .safety("One writable primary", (from, to) -> onePrimary())
                .step("fail over", (from, to) -> tried)
                .makes(SiteChange.FROM_FENCED, SiteChange.TO_WRITABLE)
                .pointOfNoReturn()
                .build();
        RunReport stopped =
                time.run(() -> runner.run(plan, SiteSwitch.failoverFrom(WEST).to(EAST)));
        assertThat(stopped.steps().get(0).attempts()).isPositive();
        assertThat(stopped.outcome()).isNotEqualTo(RunOutcome.SUCCEEDED);
        town.values.put("db-east", "PRIMARY");
        return time.run(() -> runner.resume(plan, SiteSwitch.failoverFrom(WEST).to(EAST)));
    }

    @Test
    @DisplayName("F1: a promotion that was tried in vain, and then made by somebody else, has fenced nobody")
    void resume_triedInVainAndPromotedByHand_doesNotCountAsFenced() throws Exception {
        RunReport report = resumedAfterAPromotionByHand(false);
        assertThat(report.steps().get(0).status()).isEqualTo(StepStatus.DONE);
        assertThat(report.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(report.reason().orElseThrow()).contains("One writable primary", "both may be taking writes");
    }

    @Test
    @DisplayName("F1: a fence that was written down when it was made counts, whatever became of the promotion")
    void resume_fenceWasRecorded_countsAsFenced() throws Exception {
        assertThat(resumedAfterAPromotionByHand(true).outcome()).isEqualTo(RunOutcome.SUCCEEDED);
    }
}
