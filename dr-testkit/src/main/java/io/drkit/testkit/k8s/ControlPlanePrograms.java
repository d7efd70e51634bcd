package io.drkit.testkit.k8s;

import io.drkit.core.NotFoundException;
import io.drkit.core.Problem;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where the programs of a control plane are: Kubernetes' own where the script {@code build} puts them, etcd where a system has it. */
record ControlPlanePrograms(Path kubernetes, Path etcd) {
    /** The directory of kube-apiserver, kube-controller-manager and kubectl, where it is another than the usual one. */
    static final String PROPERTY = "drkit.control-plane";

    private static final List<String> NEEDED = List.of("kube-apiserver", "kube-controller-manager", "kubectl");

    /** What is missing and how to get it, in one line; empty when nothing is. */
    static Optional<String> missing() {
        Path kubernetes = kubernetesDirectory();
        List<String> missing = new ArrayList<>();
        if (!NEEDED.stream().map(kubernetes::resolve).allMatch(Files::isExecutable)) {
            missing.add(String.join(", ", NEEDED) + " in " + kubernetes
                    + " (dr-testkit/control-plane/build makes them, with Go, in some minutes, once)");
        }
        if (findEtcd(kubernetes) == null) {
            missing.add("etcd on the path (Debian and Ubuntu: apt-get install etcd-server)");
        }
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of("No real Kubernetes control plane on this machine: missing are "
                        + String.join(", and ", missing));
    }

    /** @throws NotFoundException when something is missing, saying how to get it */
    static ControlPlanePrograms find() {
        Path kubernetes = kubernetesDirectory();
        Path etcd = findEtcd(kubernetes);
        Optional<String> missing = missing();
        if (missing.isPresent() || etcd == null) {
            throw new NotFoundException(
                    "testkit.control-plane-missing",
                    Problem.expected("the programs of a Kubernetes control plane")
                            .found(missing.orElse("no etcd"))
                            .remedy("get what is missing, or name another directory in the system property "
                                    + PROPERTY));
        }
        return new ControlPlanePrograms(kubernetes, etcd);
    }

    String program(String name) {
        return kubernetes.resolve(name).toString();
    }

    private static Path kubernetesDirectory() {
        String named = System.getProperty(PROPERTY, "");
        if (!named.isEmpty()) {
            return Path.of(named).toAbsolutePath();
        }
        @Nullable String cache = System.getenv("XDG_CACHE_HOME");
        Path base =
                cache == null || cache.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(cache);
        return base.resolve("drkit").resolve("control-plane").toAbsolutePath();
    }

    private static @Nullable Path findEtcd(Path kubernetes) {
        @Nullable String path = System.getenv("PATH");
        return Stream.concat(
                        Stream.of(kubernetes),
                        Stream.of((path == null ? "" : path).split(File.pathSeparator))
                                .filter(entry -> !entry.isEmpty())
                                .map(Path::of))
                .map(directory -> directory.resolve("etcd"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
    }
}
