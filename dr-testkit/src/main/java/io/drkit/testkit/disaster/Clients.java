package io.drkit.testkit.disaster;

import io.drkit.core.DrException;
import io.drkit.core.workload.Workload;
import io.drkit.testkit.dns.FakeResolver;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The users of the application. Each finds a site by name, through a resolver that caches; the site's pods write a row to the
 * database, which they find in the same way where it has a name. Now and then a user leaves a file at the site's share, or a new
 * content of a file that is there, whether or not the database takes a row just then. What was acknowledged is remembered. Pods
 * that do not serve take their work from the database as long as they run, and leave a file of it now and then.
 */
final class Clients {
    private static final int USERS = 2;
    private static final int FILE_EACH = 4;
    private static final int REWRITES_EACH = 3;

    private final Scene scene;
    private final List<FakeResolver> users = new ArrayList<>();
    private final FakeResolver west;
    private final FakeResolver east;
    /** Of each who left a file the latest. */
    private final Map<String, Acknowledged> left = new HashMap<>();

    private boolean resting;
    private int turns;
    private int rows;
    private int contents;
    private Set<String> atWork = Set.of();

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

    /** More slowly when a disaster takes long, and when nobody is at work on it. */
    private Duration pace(Duration since) {
        if (resting) {
            return Duration.ofSeconds(20);
        }
        if (since.toMinutes() < 4) {
            return Duration.ofMillis(500);
        }
        return since.toMinutes() < 15 ? Duration.ofSeconds(5) : Duration.ofSeconds(60);
    }

    /** The operators are done. */
    void rest() {
        resting = true;
    }

    /** Whoever should get a write acknowledged when all is well. */
    Set<String> writers() {
        Set<String> writers = new TreeSet<>();
        for (int user = 0; user < USERS; user++) {
            for (String name : scene.setting().trafficNames()) {
                writers.add(user(user, name));
            }
        }
        scene.setting().working().forEach(workload -> writers.add(workload.toString()));
        return writers;
    }

    private static String user(int number, String name) {
        return "user " + (number + 1) + " of " + name;
    }

    void turn() {
        turns++;
        scene.look();
        List<String> names = scene.setting().trafficNames();
        for (int user = 0; user < USERS; user++) {
            if (names.isEmpty()) {
                break;
            }
            String name = names.get((turns + user) % names.size());
            FakeResolver resolver = users.get(user);
            String who = user(user, name);
            boolean file = (turns + user) % FILE_EACH == 0;
            resolver.resolve(name).map(Scene::siteOf).ifPresent(site -> serve(scene.side(site), who, file));
        }
        boolean westWorks = work(scene.west());
        boolean eastWorks = work(scene.east());
        Set<String> atWorkNow = Scene.sites(westWorks, eastWorks);
        if (!atWorkNow.equals(atWork)) {
            atWork = atWorkNow;
            scene.history().add(new Event.AtWork(scene.history().now(), atWorkNow));
        }
    }

    private void serve(Scene.Side site, String who, boolean file) {
        if (!scene.answers(Scene.CLIENTS, site.name()) || !scene.serves(site)) {
            return;
        }
        write(site, "order", who);
        Acknowledged mine = left.get(who);
        if (mine != null && scene.content(site, mine.id()) < mine.version()) {
            left.remove(who);
            scene.history().add(new Event.Missed(scene.history().now(), mine, site.name()));
        }
        if (file) {
            upload(site, who);
        }
    }

    /** Pods that take no traffic work on their own; answers whether there are any. */
    private boolean work(Scene.Side site) {
        if (scene.down(site.name())) {
            return false;
        }
        boolean any = false;
        for (Workload workload : scene.setting().working()) {
            if (site.pods().ready(workload) > 0) {
                any = true;
                String who = workload.toString();
                if (write(site, workload.name(), who) && turns % FILE_EACH == 0) {
                    upload(site, who);
                }
            }
        }
        return any;
    }

    private boolean write(Scene.Side site, String what, String who) {
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
        scene.history().add(new Acknowledged(scene.history().now(), false, row, 0, who, site.name(), database.name()));
        return true;
    }

    private void upload(Scene.Side site, String who) {
        List<String> folders = scene.setting().folders();
        if (folders.isEmpty()) {
            return;
        }
        contents++;
        // some of them go where an earlier one is
        int file = contents % REWRITES_EACH == 0 ? contents / 2 : contents;
        String path = folders.get(file % folders.size()) + "/upload-" + file;
        site.files()
                .file(
                        path,
                        Integer.toString(contents).getBytes(StandardCharsets.UTF_8),
                        scene.time().now());
        Acknowledged write =
                new Acknowledged(scene.history().now(), true, path, contents, who, site.name(), site.name());
        left.put(who, write);
        scene.history().add(write);
    }
}
