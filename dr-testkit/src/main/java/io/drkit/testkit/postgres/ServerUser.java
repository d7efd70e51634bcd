package io.drkit.testkit.postgres;

import io.drkit.core.BlockedException;
import io.drkit.core.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * As whom the server's programs run. They refuse to run as root; only on Linux and only as root is something put in front of them:
 * a user namespace in which root is nobody, or else a change to the user postgres or nobody, who then owns the files.
 */
final class ServerUser {
    private final List<String> prefix;
    private final @Nullable String owner;

    private ServerUser(List<String> prefix, @Nullable String owner) {
        this.prefix = List.copyOf(prefix);
        this.owner = owner;
    }

    /**
     * Finds out.
     *
     * @param own a directory that this process created
     * @param namespaces whether user namespaces may be used
     */
    static ServerUser find(Path own, boolean namespaces) throws IOException, InterruptedException {
        if (!PostgresBinaries.linux() || !Integer.valueOf(0).equals(Files.getAttribute(own, "unix:uid"))) {
            return new ServerUser(List.of(), null);
        }
        if (namespaces && works(List.of("unshare", "-U"))) {
            return new ServerUser(List.of("unshare", "-U"), null);
        }
        for (String user : List.of("postgres", "nobody")) {
            List<String> setpriv = List.of("setpriv", "--reuid=" + user, "--regid=" + groupOf(user), "--clear-groups");
            if (works(setpriv)) {
                return new ServerUser(setpriv, user);
            }
            List<String> runuser = List.of("runuser", "-u", user, "--");
            if (works(runuser)) {
                return new ServerUser(runuser, user);
            }
        }
        throw new BlockedException(
                "testkit.postgres-as-root",
                Problem.expected("a way to run PostgreSQL, which refuses to run as root")
                        .found("none of unshare -U, setpriv and runuser (to postgres or nobody) works here")
                        .remedy("run the tests as an ordinary user"));
    }

    /** The command as it must be run. */
    List<String> command(List<String> command) {
        List<String> whole = new ArrayList<>(prefix);
        whole.addAll(command);
        return whole;
    }

    /** Gives a file to the user who runs the server. */
    void own(Path file) throws IOException {
        if (owner != null) {
            Files.setOwner(
                    file, file.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(owner));
        }
    }

    /** Gives a directory with all that is in it to the user who runs the server. */
    void ownTree(Path root) throws IOException {
        if (owner != null) {
            try (Stream<Path> all = Files.walk(root)) {
                for (Path path : (Iterable<Path>) all::iterator) {
                    own(path);
                }
            }
        }
    }

    /** Removes from a server's environment what would lead it elsewhere, and makes its messages readable. */
    static void cleanEnvironment(Map<String, String> environment) {
        environment.keySet().removeIf(name -> name.startsWith("PG"));
        environment.put("LC_ALL", "C");
    }

    private static String groupOf(String user) throws IOException, InterruptedException {
        try {
            Process id = new ProcessBuilder("id", "-g", user)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String group = new String(id.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.US_ASCII);
            return id.waitFor() == 0 ? group.strip() : user;
        } catch (IOException noSuchProgram) {
            return user;
        }
    }

    private static boolean works(List<String> prefix) throws InterruptedException {
        List<String> command = new ArrayList<>(prefix);
        command.add("true");
        try {
            return new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException noSuchProgram) {
            return false;
        }
    }
}
