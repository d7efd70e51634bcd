package io.drkit.testkit.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.testkit.evidence.Evidence;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each rule of each contract finds an implementation that breaks it. */
@Tag("harness")
class ContractMutantsTest {
    static List<Planted> all() {
        List<Planted> all = new ArrayList<>();
        all.addAll(WorkloadMutants.all());
        all.addAll(DnsMutants.all());
        all.addAll(ReplicaMutants.all());
        all.addAll(SnapshotMutants.all());
        all.addAll(FileTreeMutants.all());
        all.addAll(SyncMutants.all());
        all.addAll(JournalMutants.all());
        all.addAll(LeaseMutants.all());
        all.addAll(ClockworkMutants.all());
        all.addAll(FenceMutants.all());
        all.addAll(ActionMutants.all());
        all.addAll(AgentMutants.all());
        all.addAll(LeadershipMutants.all());
        all.addAll(ReadinessMutants.all());
        all.addAll(DetectionMutants.all());
        all.addAll(SafetyMutants.all());
        all.addAll(RunMutants.all());
        return all;
    }

    @Test
    void contracts_ofBrokenImplementations_findEachBug() throws Exception {
        List<Planted> all = all();
        List<String> escaped = new ArrayList<>();
        for (Planted planted : all) {
            try {
                Verdict verdict = planted.mutant().test(planted.tests(), planted.rule());
                if (!verdict.failed(planted.rule())) {
                    escaped.add(planted.rule() + " does not find " + planted.mutant());
                }
            } catch (AssertionError e) {
                escaped.add(planted.rule() + ": " + e.getMessage());
            }
        }
        Evidence.atLeast("contract-mutants", all.size(), "mutants", 60).write();
        Evidence.atMost("contract-mutants-escaped", escaped.size(), "mutants", 0)
                .write();
        assertThat(escaped).isEmpty();
    }
}
