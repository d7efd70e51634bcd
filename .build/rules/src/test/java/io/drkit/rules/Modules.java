package io.drkit.rules;

import static java.util.stream.Collectors.toCollection;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.List;
import java.util.TreeSet;

/** The modules, as they are on this class path, and what each may use besides the JDK. */
enum Modules {
    CORE(
            "core",
            List.of(
                    "com.fasterxml.jackson..",
                    "com.sun.net.httpserver",
                    "io.micrometer.core.instrument",
                    "org.apache.curator..",
                    "org.apache.zookeeper.."),
            List.of("io.micrometer.core.instrument", "org.apache.curator.framework")),
    TESTKIT(
            "testkit",
            List.of(
                    "com.fasterxml.jackson..",
                    "io.fabric8..",
                    "okhttp3..",
                    "okio..",
                    "org.apache.commons.compress..",
                    "org.assertj..",
                    "org.junit..",
                    "org.opentest4j..",
                    "org.postgresql.."),
            List.of("io.fabric8.kubernetes.client..", "org.junit.jupiter.api.extension..")),
    POSTGRES("postgres", List.of("com.fasterxml.jackson..", "org.postgresql.."), List.of()),
    K8S("k8s", List.of("com.fasterxml.jackson..", "io.fabric8.."), List.of("io.fabric8.kubernetes.client..")),
    AZURE("azure", List.of("com.azure..", "com.fasterxml.jackson..", "reactor.."), List.of("com.azure.."));

    /** What any module may use. */
    private static final List<String> ANYWHERE = List.of("java..", "javax..", "org.slf4j..", "org.jspecify..");

    private static final JavaClasses ALL = new ClassFileImporter().importPackages("io.drkit");

    private final String name;
    private final List<String> libraries;
    private final List<String> shown;

    Modules(String name, List<String> libraries, List<String> shown) {
        this.name = name;
        this.libraries = libraries;
        this.shown = shown;
    }

    /** The main classes of every module. */
    static JavaClasses all() {
        return ALL.that(com.tngtech.archunit.base.DescribedPredicate.describe(
                "of a module", c -> !c.getPackageName().startsWith("io.drkit.rules")));
    }

    /** The directory, which is also the artifact's id. */
    String directory() {
        return "dr-" + name;
    }

    /** All that it holds. */
    String packages() {
        return "io.drkit." + name + "..";
    }

    /** What only the module itself may use. */
    String internals() {
        return "io.drkit." + name + ".internal..";
    }

    /** What its classes may use. */
    String[] mayUse() {
        TreeSet<String> packages = new TreeSet<>(ANYWHERE);
        packages.addAll(libraries);
        packages.add(CORE.packages());
        packages.add(packages());
        return packages.toArray(String[]::new);
    }

    /** What its public signatures may show: an adapter shows the client of its own SDK, and nothing deeper. */
    String[] mayShow() {
        TreeSet<String> packages = new TreeSet<>(List.of("java..", "javax..", "org.slf4j.."));
        packages.addAll(shown);
        packages.add(CORE.packages());
        packages.add(packages());
        return packages.toArray(String[]::new);
    }

    /** Where the class path has it from: both the directory of a build and the jar of a release name the module. */
    boolean holds(JavaClass candidate) {
        return candidate
                .getSource()
                .map(source -> source.getUri().toString().contains("/" + directory() + "/")
                        || source.getUri().toString().contains("/" + directory() + "-"))
                .orElse(false);
    }

    /** The packages it has, to see that none was missed. */
    TreeSet<String> packageNames() {
        return all().stream().filter(this::holds).map(JavaClass::getPackageName).collect(toCollection(TreeSet::new));
    }
}
