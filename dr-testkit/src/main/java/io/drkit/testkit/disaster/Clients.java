package io.drkit.testkit.disaster;

import io.drkit.core.DrException;
import io.drkit.core.workload.Workload;
import io.drkit.testkit.dns.FakeResolver;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The users of the application. Each finds a site by name, through a resolver that caches; the site's pods write a row to the
 * database, which they find in the same way where it has a name, and now and then a file to the site's share with it. What
 * was acknowledged is remembered. Pods that do not serve write rows of their own as long as they run.
 */
final class Clients {
    private static final int USERS = 2;
    private static final int FILE_EACH = 4;

    private final Scene scene;
    private final List<FakeResolver> users = new ArrayList<>();
    private final FakeResolver west;
    private final FakeResolver east;
    private int turns;
    private int rows;
    private int uploads;

    Clients(Scene scene) {
        this.scene = scene;
        for (int i = 0; i < USERS; i++) {
            users.add(scene.zone().resolver());
        }
        west = scene.zone().resolver();
        east = scene.zone().resolver();
    }

    /** Whatever all of them do in one turn; answers when the next one is. */
    Duration act() {
        turn();
        return pace(scene.history().now());
    }

    /** More slowly when a disaster takes long. */
    private static Duration pace(Duration since) {
        if (since.toMinutes() < 4) {
            return Duration.ofMillis(500);
        }
        return since.toMinutes() < 15 ? Duration.ofSeconds(5) : Duration.ofSeconds(60);
    }

    private void turn() {
        turns++;
        scene.look();
        List<String> names = scene.setting().trafficNames();
        for (int user = 0; user < USERS; user++) {
            if (names.isEmpty()) {
                break;
            }
            String name = names.get((turns + user) % names.size());
            FakeResolver resolver = users.get(user);
            boolean file = !scene.setting().folders().isEmpty() && (turns + user) % FILE_EACH == 0;
            resolver.resolve(name).map(Scene::siteOf).ifPresent(site -> serve(scene.side(site), file));
        }
        work(scene.west());
        work(scene.east());
    }

    private void serve(Scene.Side site, boolean file) {
        if (!scene.answers(Scene.CLIENTS, site.name()) || !scene.serves(site)) {
            return;
        }
        if (!write(site, "order")) {
            return;
        }
        if (file) {
            List<String> folders = scene.setting().folders();
            String path = folders.get(uploads % folders.size()) + "/upload-" + uploads++;
            site.files()
                    .file(
                            path,
                            path.getBytes(StandardCharsets.UTF_8),
                            scene.time().now());
            scene.history().add(new Acknowledged(scene.history().now(), true, path, site.name(), site.name()));
        }
    }

    /** Pods that take no traffic work on their own. */
    private void work(Scene.Side site) {
        if (scene.down(site.name())) {
            return;
        }
        for (Workload workload : scene.setting().working()) {
            if (site.pods().ready(workload) > 0) {
                write(site, workload.name());
            }
        }
    }

    private boolean write(Scene.Side site, String what) {
        Scene.Side database = site;
        List<String> names = scene.setting().databaseNames();
        if (!names.isEmpty()) {
            FakeResolver resolver = site.name().equals(scene.west().name()) ? west : east;
            database = resolver.resolve(names.get(0))
                    .map(Scene::siteOf)
                    .map(scene::side)
                    .orElse(site);
        }
        if (!database.name().equals(site.name()) && !scene.answers(site.name(), database.name())) {
            return false;
        }
        if (!database.database().writable()) {
            // as often as not, and an exception costs more than to ask
            return false;
        }
        String row = what + " " + rows++;
        try {
            database.database().write(row);
        } catch (DrException refused) {
            return false;
        }
        scene.history().add(new Acknowledged(scene.history().now(), false, row, site.name(), database.name()));
        return true;
    }
}
