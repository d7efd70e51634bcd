package io.drkit.testkit.mutants;

import io.drkit.core.readiness.Checks;
import io.drkit.testkit.mutants.Planted.Suspect;
import java.util.List;

/** Broken checks, and black holes that do not hold. */
final class ReadinessMutants {
    private static final String CHECKS = "io.drkit.testkit.readiness.ChecksContractTest$";
    private static final String HOLES = "io.drkit.testkit.readiness.BlackHoleTest";
    private static final Suspect TTL = new Suspect(Checks.class, CHECKS + "DnsTtl");
    private static final Suspect NAMED = new Suspect("io.drkit.core.readiness.NamedCheck", CHECKS + "Named");
    private static final Suspect HOLE = new Suspect("io.drkit.testkit.readiness.RelayBlackHole", HOLES);
    private static final Suspect WIRING = new Suspect(HOLES, HOLES);
    private static final String STATUS = "DnsStatus status = dns.status(record);";
    private static final String RECORD = "record RelayBlackHole(String site, TcpRelay relay) implements BlackHole {";

    private ReadinessMutants() {}

    static List<Planted> all() {
        return List.of(
                TTL.breaks("K1", "record, \"its answers are cached", "record, new Object() + \"its answers are cached"),
                TTL.breaks("K2", "ttl.compareTo(atMost) > 0", "ttl.compareTo(atMost) >= 0"),
                TTL.breaks("K3", "\"lower the TTL to \" + Wording.duration(atMost)", "\"\""),
                TTL.breaks(
                        "K4",
                        STATUS,
                        "DnsStatus status; try { status = dns.status(record); } catch (RuntimeException e) {"
                                + " return Finding.ready(\"nothing speaks against it\"); }"),
                NAMED.breaks(
                                "K5",
                                "return look.now(clockwork);",
                                "if (seen == null) { seen = look.now(clockwork); } return seen;")
                        .and("implements Check {", "implements Check { private static Finding seen;"),
                TTL.breaks(
                        "K6",
                        STATUS,
                        "io.drkit.core.action.ActionExecutor.on(clockwork).execute(dns.pointTo(record,"
                                + " \"elsewhere\")); "
                                + STATUS),
                TTL.breaks("K7", STATUS, "clockwork.sleep(Duration.ofMinutes(1)); " + STATUS),
                HOLE.breaks("BH1", RECORD, RECORD + " public String site() { return site + new Object(); }"),
                HOLE.breaks("BH2", "relay.mode(RelayMode.refuse());", ""),
                HOLE.breaks("BH3", "return false;", "return true;"),
                HOLE.breaks("BH4", "return work.call();", "work.call(); return null;"),
                HOLE.breaks(
                        "BH5",
                        "try { return work.call(); } finally { relay.mode(RelayMode.pass()); }",
                        "T answer = work.call(); relay.mode(RelayMode.pass()); return answer;"),
                WIRING.breaks("BH6", "new RelayBlackHole(\"west\", relay)", "new RelayBlackHole(\"west\", everybody)"),
                HOLE.breaks("BH7", "relay.mode(RelayMode.pass());", ""),
                HOLE.breaks(
                        "BH8",
                        "try { return work.call(); } finally {",
                        "try { return work.call(); } catch (InterruptedException e) {"
                                + " throw new IllegalStateException(e); } finally {"));
    }
}
