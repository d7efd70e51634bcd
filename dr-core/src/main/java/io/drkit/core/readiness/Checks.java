package io.drkit.core.readiness;

import io.drkit.core.Site;
import io.drkit.core.action.Action;
import io.drkit.core.dns.DnsStatus;
import io.drkit.core.dns.DnsSwitcher;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.replica.Lag;
import io.drkit.core.replica.NodeStatus;
import io.drkit.core.replica.ReplicaPromoter;
import io.drkit.core.replica.ReplicationStatus;
import io.drkit.core.report.Wording;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadScaler;
import io.drkit.core.workload.WorkloadStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * The standing checks that most plans need. Each asks the interfaces that the plan uses anyway; what they cannot know is unknown.
 *
 * <pre>{@code
 * Readiness.of(plan, SiteSwitch.switchoverFrom(west).to(east))
 *         .check(Checks.replicationLag("database", promoter, west.database(), east.database(), ofMinutes(15)))
 *         .check(Checks.parity("images", Side.of("west", west::images), Side.of("east", east::images)))
 *         .check(Checks.dnsTtl("shop.example.com", dns, ofMinutes(1)))
 *         .build();
 * }</pre>
 */
public final class Checks {
    private static final int NAMED = 5;
    private static final int NAME_LENGTH = 60;

    private Checks() {}

    /**
     * The replica streams from the primary, and its lag is known and within {@code rpo}. Figures:
     * {@code replication.lag.seconds} and {@code replication.lag.bytes}.
     */
    public static <N> Check replicationLag(
            String name, ReplicaPromoter<N> promoter, N primary, N replica, Duration rpo) {
        return Check.named(
                name,
                "replication streams and is less than " + Wording.duration(rpo) + " behind",
                clockwork -> lag(promoter.status(primary, replica), rpo));
    }

    private static Finding lag(ReplicationStatus status, Duration rpo) {
        if (!(status.lag() instanceof Lag.Known lag) || status.replica().role() == NodeStatus.Role.UNKNOWN) {
            return Finding.unknown(status.line(), "make both servers reachable");
        }
        Finding finding;
        if (status.replica().role() != NodeStatus.Role.REPLICA) {
            finding =
                    Finding.notReady(status.line(), "rejoin " + status.replica().name() + " as a replica");
        } else if (!status.replica().receiving()) {
            finding = Finding.notReady(
                    status.line(), "see why " + status.replica().name() + " receives nothing");
        } else if (lag.time().isEmpty()) {
            finding = Finding.unknown(status.line(), "see why the age of what is missing is not known");
        } else if (lag.time().get().compareTo(rpo) > 0) {
            finding = Finding.notReady(
                    status.line() + ", more than the " + Wording.duration(rpo) + " that may be lost",
                    "see what holds replication up");
        } else {
            finding = Finding.ready(status.line());
        }
        finding = finding.figure("replication.lag.bytes", (double) lag.bytes());
        return lag.time().isPresent()
                ? finding.figure("replication.lag.seconds", seconds(lag.time().get()))
                : finding;
    }

    /**
     * The last synchronisation of a share that was proven complete is no older than {@code objective}. Figure:
     * {@code staleness.seconds}. The age is taken on this machine's clock: one that lies in its future is unknown.
     *
     * @param provenSync the moment whose source the target has, such as {@code SyncResult.asOf()} of the last consistent one; empty
     *     when there was none
     */
    public static Check staleness(String share, Reading<Optional<Instant>> provenSync, Duration objective) {
        return Check.named(
                share, "its last proven sync is less than " + Wording.duration(objective) + " old", clockwork -> {
                    Optional<Instant> proven = provenSync.read();
                    if (proven.isEmpty()) {
                        return Finding.notReady("it was never seen to be in sync", "synchronise it");
                    }
                    Duration age = Duration.between(proven.get(), clockwork.now());
                    if (age.isNegative()) {
                        return Finding.unknown(
                                "its last proven sync lies " + Wording.duration(age.negated()) + " in the future",
                                "set the clocks");
                    }
                    String why = "its last proven sync is " + Wording.duration(age) + " old";
                    Finding finding = age.compareTo(objective) > 0
                            ? Finding.notReady(why, "see why it is not synchronised any more")
                            : Finding.ready(why);
                    return finding.figure("staleness.seconds", seconds(age));
                });
    }

    /**
     * Two sites have the same entries with the same values, such as the image of each workload or the settings of each service.
     * Every differing entry is named with both values, so they must not be secret. Two empty sides prove nothing: unknown. Figure:
     * {@code parity.differences}.
     */
    public static Check parity(
            String name, Side<Reading<Map<String, String>>> a, Side<Reading<Map<String, String>>> b) {
        return Check.named(
                name,
                "the same in " + a.site() + " and " + b.site(),
                clockwork -> parity(a, a.has().read(), b, b.has().read(), true));
    }

    /**
     * Two sites have the same secrets. Each side is read as names and digests of the values, such as {@link SecretDigest} makes
     * them where the value is at hand; the values themselves stay there. Shown are names only, neither values nor digests, and at
     * most 60 characters of each. Two empty sides prove nothing: unknown. Figure: {@code parity.differences}.
     */
    public static Check secrets(
            String name, Side<Reading<Map<String, String>>> a, Side<Reading<Map<String, String>>> b) {
        return Check.named(
                name,
                "the same secrets in " + a.site() + " and " + b.site(),
                clockwork -> parity(a, a.has().read(), b, b.has().read(), false));
    }

    private static Finding parity(
            Side<?> a, Map<String, String> ofA, Side<?> b, Map<String, String> ofB, boolean valuesShown) {
        if (ofA.isEmpty() && ofB.isEmpty()) {
            return Finding.unknown("there is nothing to compare on either side", "see whether the right place is read");
        }
        TreeSet<String> all = new TreeSet<>(ofA.keySet());
        all.addAll(ofB.keySet());
        List<String> differing = new ArrayList<>();
        for (String entry : all) {
            String inA = ofA.get(entry);
            String inB = ofB.get(entry);
            String shown = entry.length() > NAME_LENGTH ? entry.substring(0, NAME_LENGTH) + "…" : entry;
            if (inA == null) {
                differing.add(shown + " is only in " + b.site());
            } else if (inB == null) {
                differing.add(shown + " is only in " + a.site());
            } else if (!inA.equals(inB)) {
                differing.add(
                        valuesShown
                                ? shown + " is " + inA + " in " + a.site() + " and " + inB + " in " + b.site()
                                : shown + " differs");
            }
        }
        Finding finding = differing.isEmpty()
                ? Finding.ready(all.size() + (all.size() == 1 ? " entry is" : " entries are") + " the same")
                : Finding.notReady(list(differing), "bring the two sides to the same state");
        return finding.figure("parity.differences", differing.size());
    }

    /**
     * The standby knows how many replicas to start: each workload there runs, or remembers a count, of at least what the active
     * site runs or remembers.
     */
    public static Check replicaIntent(
            String name, Side<WorkloadScaler> active, Side<WorkloadScaler> standby, Workload... workloads) {
        List<Workload> all = List.of(workloads);
        if (all.isEmpty()) {
            throw new IllegalArgumentException("Name at least one workload");
        }
        return Check.named(
                name, standby.site() + " knows as many replicas of each workload as " + active.site(), clockwork -> {
                    Map<Workload, Integer> here = intent(active.has(), all);
                    Map<Workload, Integer> there = intent(standby.has(), all);
                    List<String> missing = new ArrayList<>();
                    for (Workload workload : all) {
                        int wanted = here.getOrDefault(workload, 0);
                        int known = there.getOrDefault(workload, 0);
                        if (known == 0) {
                            missing.add(workload + " is at zero in " + standby.site() + " and remembers no count");
                        } else if (known < wanted) {
                            missing.add(workload + " would have " + known + " in " + standby.site() + ", and has "
                                    + wanted + " in " + active.site());
                        }
                    }
                    return missing.isEmpty()
                            ? Finding.ready(there.toString())
                            : Finding.notReady(list(missing), "deploy " + standby.site() + " with its counts");
                });
    }

    private static Map<Workload, Integer> intent(WorkloadScaler scaler, List<Workload> workloads)
            throws InterruptedException {
        Map<Workload, Integer> intent = new LinkedHashMap<>();
        // in the order asked, which is not always that of the answer
        workloads.forEach(workload -> intent.put(workload, 0));
        for (WorkloadStatus status : scaler.status(workloads.toArray(Workload[]::new))) {
            intent.put(
                    status.workload(),
                    status.wanted() > 0 ? status.wanted() : status.remembered().orElse(0));
        }
        return intent;
    }

    /**
     * A name's answers may be cached for no longer than {@code atMost}: this is how long clients go on to the old site after a
     * switch. Unknown where the platform has no such figure. Figure: {@code dns.ttl.seconds}.
     */
    public static Check dnsTtl(String record, DnsSwitcher dns, Duration atMost) {
        return Check.named(
                record, "its answers are cached for no longer than " + Wording.duration(atMost), clockwork -> {
                    DnsStatus status = dns.status(record);
                    if (status.ttl().isEmpty()) {
                        return Finding.unknown(
                                "it points at " + status.target() + ", for how long that may be cached is not known",
                                "ask whoever answers for the name");
                    }
                    Duration ttl = status.ttl().get();
                    String why = "it points at " + status.target() + " and may be cached for " + Wording.duration(ttl);
                    Finding finding = ttl.compareTo(atMost) > 0
                            ? Finding.notReady(why, "lower the TTL to " + Wording.duration(atMost))
                            : Finding.ready(why);
                    return finding.figure("dns.ttl.seconds", seconds(ttl));
                });
    }

    /**
     * A credential, certificate or token that the recovery needs is valid for at least {@code ahead}. Figure:
     * {@code credential.remaining.seconds}, negative once it has expired.
     */
    public static Check credential(String name, Reading<Instant> expires, Duration ahead) {
        return Check.named(name, "it is valid for at least " + Wording.duration(ahead), clockwork -> {
            Instant end = expires.read();
            Duration left = Duration.between(clockwork.now(), end);
            Finding finding;
            if (left.isNegative() || left.isZero()) {
                finding = Finding.notReady("it expired at " + end, "renew it");
            } else if (left.compareTo(ahead) < 0) {
                finding = Finding.notReady("it expires at " + end, "renew it");
            } else {
                finding = Finding.ready("it expires at " + end);
            }
            return finding.figure("credential.remaining.seconds", seconds(left));
        });
    }

    /**
     * The journal of a plan can be read while the active site is gone, and at least one run is in it: see {@link #survives}. One
     * without a run is unknown, since it may be another place than the runner's, such as a directory that is not mounted; a drill
     * fills it.
     *
     * <pre>{@code
     * Checks.journal(new JournalKey("shop", "west", "east"), withoutWest, ShopBlackHole::journals);
     * }</pre>
     *
     * @param through the journal's store as it is reached through the black hole, such as one that was opened over its proxy, and
     *     never one over the way that the runner takes, which the hole does not cut. Asked for at each look, inside the black hole;
     *     may answer the same one each time
     */
    public static <B extends BlackHole> Check journal(
            JournalKey key, B blackHole, Function<? super B, ? extends JournalStore> through) {
        return new SurvivalCheck(
                "journal",
                blackHole,
                () -> !through.apply(blackHole).runs(key, 1).isEmpty(),
                "no run of " + key + " is in it");
    }

    /**
     * A lease can be read while the active site is gone, and somebody has held it at least once: see {@link #survives}. One that
     * nobody ever held is unknown, since it may be another place than the runner's.
     *
     * @param through the leases' store as it is reached through the black hole; see {@link #journal}
     */
    public static <B extends BlackHole> Check lease(
            String lease, B blackHole, Function<? super B, ? extends LeaseStore> through) {
        return new SurvivalCheck(
                "lease",
                blackHole,
                () -> through.apply(blackHole).read(lease).record().isPresent(),
                "no lease " + lease + " is in it");
    }

    /**
     * No resource remembers a higher epoch than any that the plan's runs had: one that does would refuse the next run, as after runs
     * of another plan over the same resources, or where the journal was lost. Its remedy says how to begin all the same. Unknown
     * where a resource that could tell does not.
     *
     * @param runner as it would run the plan
     */
    public static <S extends Site> Check epochs(
            PlanRunner runner, RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch) {
        return Check.named("epochs", "no resource would refuse the next run as an old one", clockwork -> {
            List<String> unknown = runner.requireEpochs(plan, siteSwitch);
            return unknown.isEmpty()
                    ? Finding.ready("no resource that can tell remembers a higher epoch than the last run's")
                    : Finding.unknown(
                            "the epoch cannot be read where these steps make their change: " + list(unknown),
                            "make them reachable");
        });
    }

    /**
     * The last run of a plan between two sites is over, so that another may begin: one that stopped, or that nobody resumed after a
     * crash, makes {@link io.drkit.core.run.PlanRunner#run} refuse. One that goes on at this moment is not ready either. Where no run
     * ever was it is unknown, as with {@link #journal}.
     *
     * @param journals as the runner reaches them
     */
    public static Check noUnfinishedRun(JournalStore journals, JournalKey key) {
        return Check.named("unfinished run", "the last run of " + key + " is over", clockwork -> {
            List<List<JournalEntry>> latest = journals.runs(key, 1);
            if (latest.isEmpty() || latest.get(0).isEmpty()) {
                return Finding.unknown(
                        "no run of it is in the journal",
                        "run a drill; if there was one, see whether the right place is read");
            }
            List<JournalEntry> run = latest.get(0);
            JournalEntry first = run.get(0);
            String which = "the " + first.detail("mode").toLowerCase(Locale.ROOT) + " " + first.detail("from") + " → "
                    + first.detail("to") + " of " + first.at() + " (run " + first.detail("run") + ")";
            return JournalEntry.over(run)
                    ? Finding.ready(which + " is over")
                    : Finding.notReady(
                            which + " is not over", "wait for it if it goes on; else resume it, or abandon it by name");
        });
    }

    /**
     * Something that a recovery needs can be read while the site that it may have to leave is gone. It is read inside
     * {@code blackHole}. Ready only when the site was seen not to answer in there and the reading came back; not ready when it
     * fails or hangs in there and succeeds outside; otherwise, and without a black hole, unknown. Reading proves that it can be
     * reached and no more: not that it can be written.
     *
     * @param reading reads it through the black hole: over the way that the hole cuts the site off from, which another way, such as
     *     a connection that was open before, would go round
     */
    public static Check survives(String name, BlackHole blackHole, Reading<?> reading) {
        return new SurvivalCheck(
                name,
                blackHole,
                () -> {
                    reading.read();
                    return true;
                },
                "");
    }

    /**
     * A step of a plan that waits until a check is ready, such as until the copies are complete on every engine. Not ready and unknown
     * are both waited out, at most {@code timeout}; the step then fails. It changes nothing. To {@link Readiness} the step is what
     * the check finds now: one that only the plan's earlier steps make ready is not ready before them.
     */
    public static Action<?> gate(Check check, Duration timeout) {
        return new Gate(check, timeout);
    }

    private static String list(List<String> entries) {
        String named = String.join("; ", entries.subList(0, Math.min(NAMED, entries.size())));
        return entries.size() > NAMED ? named + "; and " + (entries.size() - NAMED) + " more" : named;
    }

    private static double seconds(Duration time) {
        return time.toMillis() / 1000.0;
    }
}
