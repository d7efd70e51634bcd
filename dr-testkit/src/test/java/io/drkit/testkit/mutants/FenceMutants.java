package io.drkit.testkit.mutants;

import io.drkit.testkit.mutants.Planted.Suspect;
import io.drkit.testkit.replica.FakeDatabase;
import java.util.List;

/** Broken fences. */
final class FenceMutants {
    private static final Suspect SERVER = new Suspect(FakeDatabase.class, "io.drkit.testkit.replica.FakeFenceTest");
    private static final String BAR = "standby = true; return new FenceProof.Confirmed(";

    private FenceMutants() {}

    static List<Planted> all() {
        return List.of(
                SERVER.breaks("G1", "return \"stop \" + name", "return new Object() + \"stop \" + name"),
                SERVER.breaks("G2", "if (running) { crash(); } " + BAR, "return new FenceProof.Confirmed("),
                SERVER.breaks("G3", BAR, "return new FenceProof.Confirmed("),
                SERVER.breaks("G4", BAR, "if (standby) { return new FenceProof.Refused(\"fenced\"); } " + BAR),
                SERVER.breaks("G5", "return new FenceProof.Unknown(name", "return new FenceProof.Confirmed(name"),
                SERVER.breaks("G6", "context.requireAuthority();", ""),
                SERVER.breaks(
                        "G7",
                        "if (!reachable) { return new FenceProof",
                        "if (!reachable || !running) { return new FenceProof"));
    }
}
