package io.drkit.testkit.browser;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The system's Chromium, without a window, spoken to by the Chrome DevTools Protocol over its own WebSocket; methods and events are
 * those of the protocol's description (domains Target, Page, Runtime, Log, Emulation, Network).
 */
final class Chromium {
    private static final List<Path> PLACES = List.of(
            Path.of("/usr/bin/chromium"), Path.of("/usr/bin/chromium-browser"), Path.of("/usr/bin/google-chrome"));
    private static final long PATIENCE_SECONDS = 60;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LISTENING = "DevTools listening on ";

    private final Process process;
    private final WebSocket socket;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<JsonNode>> awaited = new ConcurrentHashMap<>();
    /** Whatever the page said on the console, threw, failed to load, or asked the network for. */
    private final List<String> complaints = new CopyOnWriteArrayList<>();

    private String session = "";

    /** Where it is; empty when the machine has none. */
    static Optional<Path> find() {
        return PLACES.stream().filter(Files::isExecutable).findFirst();
    }

    /** Starts it with an empty profile and one blank page. */
    static Chromium start(Path executable, Path profile) throws Exception {
        Process process = new ProcessBuilder(
                        executable.toString(),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--disable-dev-shm-usage",
                        "--hide-scrollbars",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectErrorStream(true)
                .start();
        try {
            return new Chromium(process);
        } catch (Exception | Error e) {
            process.destroyForcibly();
            throw e;
        }
    }

    private Chromium(Process process) throws Exception {
        this.process = process;
        CompletableFuture<URI> address = new CompletableFuture<>();
        Thread reader = new Thread(() -> read(address), "chromium output");
        reader.setDaemon(true);
        reader.start();
        URI uri = address.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(uri, new Listener())
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        String target = "";
        for (JsonNode found : call("Target.getTargets").at("/targetInfos")) {
            if (found.path("type").asText().equals("page")) {
                target = found.path("targetId").asText();
            }
        }
        session = call("Target.attachToTarget", "targetId", target, "flatten", true)
                .path("sessionId")
                .asText();
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            call(domain + ".enable");
        }
    }

    /** Reads on, so that the browser never waits for its output to be read. */
    private void read(CompletableFuture<URI> address) {
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            List<String> said = new ArrayList<>();
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                said.add(line);
                if (line.startsWith(LISTENING)) {
                    address.complete(URI.create(line.substring(LISTENING.length())));
                }
            }
            address.completeExceptionally(new IOException("Chromium ended: " + said));
        } catch (IOException e) {
            address.completeExceptionally(e);
        }
    }

    /** As wide as a phone or a desk, light or dark. */
    void show(URI page, int width, boolean dark) throws Exception {
        complaints.clear();
        call(
                "Emulation.setDeviceMetricsOverride",
                "width",
                width,
                "height",
                900,
                "deviceScaleFactor",
                1,
                "mobile",
                width < 600);
        ObjectNode media = JSON.createObjectNode();
        media.putArray("features")
                .addObject()
                .put("name", "prefers-color-scheme")
                .put("value", dark ? "dark" : "light");
        call("Emulation.setEmulatedMedia", media);
        CompletableFuture<JsonNode> loaded = new CompletableFuture<>();
        awaited.put("Page.loadEventFired", loaded);
        JsonNode answer = call("Page.navigate", "url", page.toString());
        if (answer.has("errorText")) {
            throw new IOException(page + ": " + answer.path("errorText").asText());
        }
        loaded.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** What a script on the page answers: any JSON value. */
    JsonNode evaluate(String script) throws Exception {
        JsonNode answer = call("Runtime.evaluate", "expression", script, "returnByValue", true);
        if (answer.has("exceptionDetails")) {
            throw new AssertionError(answer.path("exceptionDetails").toString());
        }
        return answer.at("/result/value");
    }

    /** What the page complained about since it was shown. */
    List<String> complaints() {
        return List.copyOf(complaints);
    }

    /** The whole page, to its end, as a picture. */
    void screenshot(Path file) throws Exception {
        JsonNode answer = call("Page.captureScreenshot", "format", "png", "captureBeyondViewport", true);
        Files.createDirectories(file.getParent());
        Files.write(file, Base64.getDecoder().decode(answer.path("data").asText()));
    }

    private JsonNode call(String method, Object... parameters) throws Exception {
        ObjectNode values = JSON.createObjectNode();
        for (int i = 0; i < parameters.length; i += 2) {
            values.set((String) parameters[i], JSON.valueToTree(parameters[i + 1]));
        }
        return call(method, values);
    }

    private JsonNode call(String method, ObjectNode parameters) throws Exception {
        int id = ids.incrementAndGet();
        ObjectNode message = JSON.createObjectNode();
        message.put("id", id).put("method", method).set("params", parameters);
        if (!session.isEmpty()) {
            message.put("sessionId", session);
        }
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        socket.sendText(message.toString(), true).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        JsonNode received = answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (received.has("error")) {
            throw new IOException(method + ": " + received.path("error"));
        }
        return received.path("result");
    }

    private void received(JsonNode message) {
        if (message.has("id")) {
            CompletableFuture<JsonNode> waiting =
                    answers.remove(message.path("id").asInt());
            if (waiting != null) {
                waiting.complete(message);
            }
            return;
        }
        String method = message.path("method").asText();
        JsonNode params = message.path("params");
        switch (method) {
            case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded", "Network.loadingFailed" ->
                complaints.add(method + " " + params);
            case "Network.requestWillBeSent" -> {
                // the page itself is the only thing that may be asked for
                if (!params.path("type").asText().equals("Document")) {
                    complaints.add("asked for " + params.at("/request/url").asText());
                }
            }
            default -> {}
        }
        CompletableFuture<JsonNode> waiting = awaited.remove(method);
        if (waiting != null) {
            waiting.complete(params);
        }
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                try {
                    received(JSON.readTree(text.toString()));
                } catch (IOException e) {
                    onError(webSocket, e);
                }
                text.setLength(0);
            }
            webSocket.request(1);
            return null;
        }

        @Override
        public void onError(WebSocket webSocket, Throwable error) {
            answers.values().forEach(waiting -> waiting.completeExceptionally(error));
        }
    }

    /** Ends it and all its processes, and waits until they are gone. */
    void close() throws Exception {
        socket.abort();
        List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        all.add(process.toHandle());
        all.forEach(ProcessHandle::destroyForcibly);
        for (ProcessHandle one : all) {
            one.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }
}
