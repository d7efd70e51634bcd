package io.drkit.testkit.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drkit.core.BlockedException;
import io.drkit.core.Site;
import io.drkit.core.detect.Health;
import io.drkit.core.detect.HealthProbe;
import io.drkit.core.detect.Observer;
import io.drkit.core.detect.OutageDetector;
import io.drkit.core.lease.Leadership;
import io.drkit.core.lease.Leases;
import io.drkit.core.lease.Node;
import io.drkit.core.lease.NodeView;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.readiness.Check;
import io.drkit.core.readiness.CheckResult;
import io.drkit.core.readiness.Finding;
import io.drkit.core.readiness.Readiness;
import io.drkit.core.readiness.ReadinessReport;
import io.drkit.core.readiness.ReadinessWatch;
import io.drkit.core.readiness.ReadyState;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.status.RunView;
import io.drkit.core.status.SiteView;
import io.drkit.core.status.Status;
import io.drkit.core.status.StatusBoard;
import io.drkit.core.status.StatusJson;
import io.drkit.core.status.StatusPage;
import io.drkit.core.status.StatusServer;
import io.drkit.testkit.dns.FakeDnsSwitcher;
import io.drkit.testkit.dns.FakeDnsZone;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.lease.InMemoryLeaseStore;
import io.drkit.testkit.time.VirtualClockwork;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class StatusTest {
    record Place(String name) implements Site {}

    private static final SiteSwitch<Place> OVER =
            SiteSwitch.switchoverFrom(new Place("west")).to(new Place("east"));

    // -- as data ------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName(
            "E5: sites, readiness, nodes and last runs, as data; a source that hangs or fails is unknown and costs 5 s")
    void status_bringsTogetherWhatIsKnown_andSaysWhatIsNot() throws Exception {
        try (VirtualClockwork clockwork = VirtualClockwork.seeded(1)) {
            clockwork.run(() -> {
                FakeDnsZone zone = FakeDnsZone.on(clockwork);
                zone.record("shop", "west", Duration.ofSeconds(60));
                RecoveryPlan<Place> plan = RecoveryPlan.<Place>named("shop")
                        .rpo(Duration.ofMinutes(15))
                        .rto(Duration.ofMinutes(30))
                        .step(
                                "move name",
                                (from, to) -> FakeDnsSwitcher.of(zone).pointTo("shop", to.name()))
                        .pointOfNoReturn()
                        .build();
                InMemoryJournalStore journals = new InMemoryJournalStore();
                PlanRunner.journalingTo(journals).clockwork(clockwork).build().run(plan, OVER);
                ReadinessWatch watch = Readiness.of(plan, OVER)
                        .clockwork(clockwork)
                        .check(Check.named("odd", "it is", c -> Finding.unknown("no idea", "look")))
                        .build()
                        .watch(Duration.ofMinutes(1));
                clockwork.sleep(Duration.ofSeconds(1));
                StatusBoard board = StatusBoard.titled("shop")
                        .sites(() -> {
                            clockwork.sleep(Duration.ofDays(1));
                            return List.of();
                        })
                        .nodes(() -> {
                            throw new IllegalStateException("store gone");
                        })
                        .readiness(watch)
                        .runs(journals, 5)
                        .clockwork(clockwork)
                        .build();

                Duration began = clockwork.elapsed();
                Status status = board.status();

                assertThat(clockwork.elapsed().minus(began)).isEqualTo(Duration.ofSeconds(5));
                assertThat(status.ready()).isEqualTo(ReadyState.UNKNOWN);
                assertThat(status.sites().unknown()).contains("no answer within 5000 ms");
                assertThat(status.nodes().unknown())
                        .hasValueSatisfying(why -> assertThat(why).contains("store gone"));
                RunView run = status.runs().items().get(0);
                assertThat(run.line()).isEqualTo("switchover west → east");
                assertThat(run.report().orElseThrow().succeeded()).isTrue();
                watch.close();
            });
        }
    }

    @Test
    @DisplayName("F14: a status that nobody watches is unknown, not green")
    void page_withoutReadiness_isNotGreen() {
        Status.Part<SiteView> none = Status.Part.of(List.of());
        Status status = new Status(
                "shop",
                Statuses.NOW,
                none,
                Status.Part.of(List.of()),
                Status.Part.of(List.of()),
                Status.Part.of(List.of()),
                Status.Part.of(List.of()));

        assertThat(status.ready()).isEqualTo(ReadyState.UNKNOWN);
        assertThat(StatusPage.toHtml(status))
                .contains("Nobody watches whether a switch would work.")
                .doesNotContain("outcome good", "pill good");
    }

    @Test
    @DisplayName("F3, F14: a run that stopped half done keeps the status from being green, however ready its plan is")
    void status_whileARunIsNotOver_isNotGreen() throws Exception {
        try (VirtualClockwork clockwork = VirtualClockwork.seeded(3)) {
            clockwork.run(() -> {
                FakeDnsZone zone = FakeDnsZone.on(clockwork);
                zone.record("db", "west", Duration.ofSeconds(60));
                zone.record("shop", "west", Duration.ofSeconds(60));
                RecoveryPlan<Place> plan = RecoveryPlan.<Place>named("shop")
                        .rpo(Duration.ofMinutes(15))
                        .rto(Duration.ofMinutes(30))
                        .step("promote", (from, to) -> FakeDnsSwitcher.of(zone).pointTo("db", to.name()))
                        .pointOfNoReturn()
                        .step("traffic", (from, to) -> FakeDnsSwitcher.of(zone).pointTo("shop", to.name()))
                        .after("promote")
                        .build();
                zone.faults().every("write shop", Fault.refused(403));
                InMemoryJournalStore journals = new InMemoryJournalStore();
                PlanRunner runner =
                        PlanRunner.journalingTo(journals).clockwork(clockwork).build();
                assertThat(runner.run(plan, OVER).outcome()).isEqualTo(RunOutcome.STOPPED);
                zone.faults().clear("write shop");
                ReadinessWatch watch =
                        Readiness.of(plan, OVER).clockwork(clockwork).build().watch(Duration.ofMinutes(1));
                clockwork.sleep(Duration.ofSeconds(1));
                assertThat(watch.latest().state()).isEqualTo(ReadyState.READY);
                StatusBoard board = StatusBoard.titled("shop")
                        .readiness(watch)
                        .runs(journals, 5)
                        .clockwork(clockwork)
                        .build();

                assertThat(board.status().ready()).isEqualTo(ReadyState.UNKNOWN);
                assertThat(StatusPage.toHtml(board.status()))
                        .doesNotContain("Nothing was found that stands in the way", "outcome good");

                runner.abandon(plan, OVER, "ann", "east was rebuilt by hand");
                assertThat(board.status().ready()).isEqualTo(ReadyState.READY);
                watch.close();
            });
        }
    }

    /** All is ready, but for what is given. */
    private static Status with(Status.Part<SiteView> sites, Status.Part<NodeView> nodes) {
        CheckResult fine =
                new CheckResult(CheckResult.Kind.STANDING, "fine", "it is fine", Finding.ready("fine"), false);
        return new Status(
                "shop",
                Statuses.NOW,
                sites,
                Status.Part.of(
                        List.of(new ReadinessReport("shop", "failover west → east", Statuses.NOW, List.of(fine)))),
                nodes,
                Status.Part.of(List.of()),
                Status.Part.of(List.of()));
    }

    @Test
    @DisplayName(
            "F14: a part that is not known, a site that may be anything or two active ones keep the status from green")
    void ready_whenAnythingOfItIsNotKnown_isUnknown() {
        SiteView west = new SiteView("west", SiteView.Role.ACTIVE, "serves");
        SiteView east = new SiteView("east", SiteView.Role.STANDBY, "replica");
        Status.Part<NodeView> nodes = Status.Part.of(List.of());
        assertThat(with(Status.Part.of(List.of(west, east)), nodes).ready()).isEqualTo(ReadyState.READY);

        Status.Part<SiteView> two =
                Status.Part.of(List.of(west, new SiteView("east", SiteView.Role.ACTIVE, "takes writes")));
        Status.Part<SiteView> dark =
                Status.Part.of(List.of(west, new SiteView("east", SiteView.Role.UNKNOWN, "does not answer")));
        for (Status status : List.of(
                with(two, nodes),
                with(dark, nodes),
                with(Status.Part.unknown("no answer"), nodes),
                with(Status.Part.of(List.of(west, east)), Status.Part.unknown("store gone")))) {
            assertThat(status.ready()).isEqualTo(ReadyState.UNKNOWN);
            assertThat(StatusPage.toHtml(status)).doesNotContain("outcome good");
        }
    }

    @Test
    @DisplayName(
            "C4, F14: the status shows what the detector sees, and is not green over an outage or a blind detector")
    void status_showsTheDetector_andIsGreenOnlyWhileItSeesTheSiteHealthy() throws Exception {
        try (VirtualClockwork clockwork = VirtualClockwork.seeded(4)) {
            clockwork.run(() -> {
                AtomicReference<Health> west = new AtomicReference<>(Health.healthy("200"));
                HealthProbe east = HealthProbe.named("east", () -> Health.healthy("200"));
                OutageDetector detector = OutageDetector.watching("west")
                        .observer(Observer.here("paris", HealthProbe.named("west", west::get), east, clockwork))
                        .clockwork(clockwork)
                        .build();
                detector.start();
                FakeDnsZone zone = FakeDnsZone.on(clockwork);
                zone.record("shop", "west", Duration.ofSeconds(60));
                RecoveryPlan<Place> plan = RecoveryPlan.<Place>named("shop")
                        .rpo(Duration.ofMinutes(15))
                        .rto(Duration.ofMinutes(30))
                        .step("traffic", (from, to) -> FakeDnsSwitcher.of(zone).pointTo("shop", to.name()))
                        .pointOfNoReturn()
                        .build();
                ReadinessWatch watch =
                        Readiness.of(plan, OVER).clockwork(clockwork).build().watch(Duration.ofMinutes(1));
                StatusBoard board = StatusBoard.titled("shop")
                        .readiness(watch)
                        .detector(detector)
                        .clockwork(clockwork)
                        .build();

                clockwork.sleep(Duration.ofSeconds(31));
                assertThat(board.status().ready()).isEqualTo(ReadyState.READY);
                assertThat(StatusPage.toHtml(board.status())).contains("Detection: west", "✓ Healthy", "paris");

                west.set(Health.sick("503"));
                clockwork.sleep(Duration.ofSeconds(31));
                assertThat(board.status().ready()).isEqualTo(ReadyState.UNKNOWN);
                assertThat(StatusPage.toHtml(board.status())).contains("Site west is seen sick.", "✕ Sick", "503");

                west.set(Health.unknown("no such name"));
                clockwork.sleep(Duration.ofSeconds(31));
                assertThat(StatusPage.toHtml(board.status()))
                        .contains("Whether west is out is not known.")
                        .doesNotContain("✓ Healthy", "outcome good");

                detector.close();
                assertThat(StatusPage.toHtml(board.status())).contains("the detector is closed");
                watch.close();
            });
        }
    }

    @Test
    void page_ofAFailoverWhoseOutageNobodyDated_saysAtLeast() {
        RunReport report = Statuses.run(RunOutcome.SUCCEEDED, Optional.empty(), Optional.empty());
        Status status = new Status(
                "shop",
                Statuses.NOW,
                Status.Part.of(List.of()),
                Status.Part.of(List.of()),
                Status.Part.of(List.of()),
                Status.Part.of(List.of()),
                Status.Part.of(List.of(new RunView("shop", "failover", report.began(), true, Optional.of(report)))));
        assertThat(StatusPage.toHtml(status)).contains("at least 4 min 12 s");
    }

    @Test
    @DisplayName("E8: each node reports its own prerequisite checks, and the status of any node shows them all")
    void status_showsTheReadinessOfEachNode() throws Exception {
        try (VirtualClockwork clockwork = VirtualClockwork.seeded(2)) {
            InMemoryLeaseStore store = new InMemoryLeaseStore(clockwork);
            clockwork.run(() -> {
                Leadership one = node(clockwork, store, "one", Finding.ready("may write"));
                Leadership two = node(clockwork, store, "two", Finding.notReady("403", "grant the role"));
                clockwork.sleep(Duration.ofMinutes(2));
                Status status = StatusBoard.titled("controller")
                        .nodes(one::nodes)
                        .clockwork(clockwork)
                        .build()
                        .status();

                assertThat(status.nodes().items())
                        .extracting(view -> view.node().id(), NodeView::health)
                        .containsExactly(
                                tuple("one", "shop, switchover west → east: READY (2 ready, 0 unknown, 0 not ready)"),
                                tuple(
                                        "two",
                                        "shop, switchover west → east: NOT READY (1 ready, 0 unknown, 1 not ready)"));
                assertThat(status.nodes().items().stream().filter(view -> view.mode() == NodeView.Mode.LEADER))
                        .hasSize(1);
                one.close();
                two.close();
            });
        }
    }

    private static Leadership node(VirtualClockwork clockwork, InMemoryLeaseStore store, String id, Finding finding) {
        FakeDnsZone zone = FakeDnsZone.on(clockwork);
        zone.record("shop", "west", Duration.ofSeconds(60));
        RecoveryPlan<Place> plan = RecoveryPlan.<Place>named("shop")
                .rpo(Duration.ofMinutes(15))
                .rto(Duration.ofMinutes(30))
                .step("move name", (from, to) -> FakeDnsSwitcher.of(zone).pointTo("shop", to.name()))
                .pointOfNoReturn()
                .build();
        ReadinessWatch watch = Readiness.of(plan, OVER)
                .clockwork(clockwork)
                .check(Check.named("permissions", "this node may write", c -> finding))
                .build()
                .watch(Duration.ofMinutes(1));
        return Leadership.of(
                        "controller",
                        Leases.in(store).as(Node.named(id)).clockwork(clockwork).build())
                .health(() -> watch.latest().summary())
                .start(lease -> {});
    }

    // -- as a page ----------------------------------------------------------------------------------------------------

    @Test
    void page_everyTextOfTheStatus_isEscaped() {
        String nasty = "<img src=x onerror=alert(1)>&\"'";
        String html = StatusPage.toHtml(Statuses.full(nasty));

        assertThat(html).doesNotContain("<img").contains("&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;");
    }

    @Test
    void page_standsAlone() {
        String html = StatusPage.toHtml(Statuses.full("shop"));

        assertThat(html)
                .doesNotContain("<script", "src=", "href=", "@import", "url(http")
                .contains("default-src 'none'", "What to do:", "epoch advisory only", "? Unknown")
                .isEqualTo(StatusPage.toHtml(Statuses.full("shop")));
        assertThat(html.indexOf("shop images")).as("the worst first").isLessThan(html.indexOf("shop promote"));
    }

    @Test
    void json_hasTheSame() throws Exception {
        JsonNode json = new ObjectMapper().readTree(StatusJson.toJson(Statuses.full("shop")));

        assertThat(json.at("/ready").asText()).isEqualTo("NOT_READY");
        assertThat(json.at("/sites/items/2/role").asText()).isEqualTo("UNKNOWN");
        assertThat(json.at("/readiness/items/0/results/1/state").asText()).isEqualTo("NOT_READY");
        assertThat(json.at("/nodes/items/0/mode").asText()).isEqualTo("LEADER");
        assertThat(json.at("/runs/items/0/outcome").isNull()).isTrue();
        assertThat(json.at("/runs/items/1/rtoVerdict").asText()).isEqualTo("MET");
        assertThat(json.at("/runs/items/1/rpoVerdict").asText()).isEqualTo("UNKNOWN");
        assertThat(json.at("/nodes/unknown").isNull()).isTrue();
        assertThat(json.at("/runs/items/0/over").asBoolean()).isFalse();
        assertThat(json.at("/runs/items/1/over").asBoolean()).isTrue();
        assertThat(json.at("/runs/items/1/rtoAtLeast").asBoolean()).isFalse();
        assertThat(json.at("/detectors/items/0/health").asText()).isEqualTo("HEALTHY");
        assertThat(json.at("/detectors/items/0/observers/2/health").asText()).isEqualTo("UNKNOWN");
        assertThat(json.at("/concerns"))
                .extracting(JsonNode::asText)
                .containsExactly(
                        "what shop north is now is not known", "the switchover west → east of shop is not over");
    }

    // -- over HTTP ----------------------------------------------------------------------------------------------------

    private final HttpClient client = HttpClient.newHttpClient();

    private HttpResponse<String> ask(URI uri, String method) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(uri)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static StatusBoard board() {
        return StatusBoard.titled("shop")
                .sites(() -> List.of(new SiteView("west", SiteView.Role.ACTIVE, "serves")))
                .build();
    }

    @Test
    void server_answersGetOnLoopback_andNothingElse() throws Exception {
        try (StatusServer server = StatusServer.of(board()).start()) {
            assertThat(InetAddress.getByName(server.uri().getHost()).isLoopbackAddress())
                    .isTrue();
            HttpResponse<String> page = ask(server.uri(), "GET");
            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(page.body()).contains("<h2>west ", "http-equiv=\"refresh\" content=\"15\"");
            assertThat(page.headers().firstValue("cache-control")).contains("no-store");
            HttpResponse<String> json = ask(server.uri().resolve("/status.json"), "GET");
            assertThat(new ObjectMapper()
                            .readTree(json.body())
                            .at("/sites/items/0/name")
                            .asText())
                    .isEqualTo("west");
            assertThat(json.headers().firstValue("content-type")).contains("application/json; charset=utf-8");
            assertThat(ask(server.uri().resolve("/etc/passwd"), "GET").statusCode())
                    .isEqualTo(404);
            for (String method : List.of("POST", "PUT", "DELETE", "HEAD")) {
                assertThat(ask(server.uri(), method).statusCode()).as(method).isEqualTo(405);
            }
        }
    }

    @Test
    void server_onLoopback_askedByAnotherName_refuses() throws Exception {
        try (StatusServer server = StatusServer.of(board()).start();
                Socket socket = new Socket(server.uri().getHost(), server.uri().getPort())) {
            socket.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            String first = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
                    .readLine();
            assertThat(first).startsWith("HTTP/1.1 421");
        }
    }

    @Test
    void server_whenThePortIsTaken_saysSo_andWhenClosed_listensNoLonger() throws Exception {
        StatusServer server = StatusServer.of(board()).start();
        URI uri = server.uri();
        assertThatThrownBy(() -> StatusServer.of(board()).port(uri.getPort()).start())
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("status.not-served");

        server.close();
        assertThatThrownBy(() -> ask(uri, "GET")).isInstanceOf(java.io.IOException.class);
    }

    @Test
    void server_threads_doNotKeepTheProcessAlive() throws Exception {
        try (StatusServer server = StatusServer.of(board()).start()) {
            ask(server.uri(), "GET");
            assertThat(Thread.getAllStackTraces().keySet().stream()
                            .filter(thread -> thread.getName().startsWith("HTTP-Dispatcher")))
                    .isNotEmpty()
                    .allMatch(Thread::isDaemon);
        }
    }
}
