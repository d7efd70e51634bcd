package io.drkit.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * The documentation says what is so: every Java example compiles. One that is copied from a source names the source and the
 * region in the line before it, {@code <!-- example: samples/consumer/src/main/java/shop/Shop.java#plan -->}, and in the source the
 * region stands between {@code // example: plan} and {@code // end of example}. Any other is compiled here.
 */
class DocumentationTest {
    private static final Path ROOT = root();

    private static final Pattern MARKER = Pattern.compile("<!-- example: (\\S+)#(\\S+) -->");

    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:\\s]+)(?:#[^)]*)?\\)");

    @Test
    void readme_everyJavaExample_namesTheCompiledSourceThatItComesFrom() throws Exception {
        List<Example> examples = examples(ROOT.resolve("README.md"));

        assertThat(examples).as("Java examples in README.md").isNotEmpty();
        assertThat(examples)
                .allSatisfy(example -> assertThat(example.source())
                        .as("the line before the Java example at %s", example.place())
                        .matches(MARKER));
    }

    @Test
    void documents_everyMarkedExample_isWordForWordInItsSource() throws Exception {
        List<Example> checked = new ArrayList<>();
        for (Path document : documents()) {
            for (Example example : examples(document)) {
                Matcher marker = MARKER.matcher(example.source());
                if (marker.matches()) {
                    checked.add(example);
                    assertThat(example.code())
                            .as(
                                    "the example at %s and its source %s#%s: copy the region from the source",
                                    example.place(), marker.group(1), marker.group(2))
                            .isEqualTo(region(ROOT.resolve(marker.group(1)), marker.group(2)));
                }
            }
        }

        assertThat(checked).as("marked examples").isNotEmpty();
    }

    @Test
    void documents_everyOtherExample_compiles(@TempDir Path output) throws Exception {
        List<String> broken = new ArrayList<>();
        for (Path document : documents()) {
            for (Example example : examples(document)) {
                if (!MARKER.matcher(example.source()).matches()) {
                    List<String> errors = compile(example.code(), output);
                    if (!errors.isEmpty()) {
                        broken.add("The example at " + example.place() + " does not compile: " + errors);
                    }
                }
            }
        }

        assertThat(broken).isEmpty();
    }

    @Test
    void documents_everyRelativeLink_leadsToAFile() throws Exception {
        for (Path document : documents()) {
            Matcher link = LINK.matcher(Files.readString(document));
            while (link.find()) {
                assertThat(document.resolveSibling(link.group(1)))
                        .as("a link in %s", ROOT.relativize(document))
                        .exists();
            }
        }
    }

    @Test
    void readme_everyDependencyOfAnArtifact_earnsItsLine() throws Exception {
        String readme = Files.readString(ROOT.resolve("README.md"));
        TreeSet<String> dependencies = new TreeSet<>();
        for (Modules module : Modules.values()) {
            dependencies.addAll(dependencies(ROOT.resolve(module.directory()).resolve("pom.xml")));
        }

        assertThat(dependencies).isNotEmpty();
        assertThat(dependencies.stream().filter(dependency -> !readme.contains("`" + dependency + "`")))
                .as("dependencies of the artifacts that the dependency table of README.md does not account for")
                .isEmpty();
    }

    @Test
    void readme_everyArtifact_isInTheTable() throws Exception {
        String readme = Files.readString(ROOT.resolve("README.md"));

        assertThat(Stream.of(Modules.values())
                        .map(Modules::directory)
                        .filter(artifact -> !readme.contains("| `" + artifact + "` |")))
                .as("artifacts that are not in the artifact table of README.md")
                .isEmpty();
    }

    /** A fenced Java block, the line before it, and where it stands. */
    private record Example(String place, String source, String code) {}

    private static List<Example> examples(Path document) throws IOException {
        List<String> lines = Files.readAllLines(document);
        List<Example> examples = new ArrayList<>();
        for (int start = 0; start < lines.size(); start++) {
            if (lines.get(start).strip().equals("```java")) {
                int end = start + 1;
                while (!lines.get(end).strip().equals("```")) {
                    end++;
                }
                examples.add(new Example(
                        ROOT.relativize(document) + ":" + (start + 1),
                        start == 0 ? "" : lines.get(start - 1).strip(),
                        String.join("\n", lines.subList(start + 1, end))));
                start = end;
            }
        }
        return examples;
    }

    private static String region(Path source, String name) throws IOException {
        List<String> lines = Files.readAllLines(source);
        int start = indexOf(lines, "// example: " + name, 0);
        int end = indexOf(lines, "// end of example", start);
        List<String> region = lines.subList(start + 1, end);
        int indent = region.stream()
                .filter(line -> !line.isBlank())
                .mapToInt(line -> line.length() - line.stripLeading().length())
                .min()
                .orElse(0);
        return String.join(
                "\n",
                region.stream()
                        .map(line -> line.isBlank() ? "" : line.substring(indent))
                        .toList());
    }

    private static int indexOf(List<String> lines, String wanted, int from) {
        for (int i = from; i < lines.size(); i++) {
            if (lines.get(i).strip().equals(wanted)) {
                return i;
            }
        }
        throw new AssertionError("No line " + wanted + " after line " + from);
    }

    /**
     * Compiles an example as what it is: a whole source, or members of a class, or statements; the last two see every package of
     * the modules without an import. Answers the errors of the last attempt.
     */
    private static List<String> compile(String code, Path output) throws IOException {
        if (code.startsWith("import ") || code.startsWith("package ")) {
            return errors(code, output);
        }
        StringBuilder imports = new StringBuilder("import static io.drkit.core.workload.Workload.*;");
        Stream.concat(
                        Stream.of("java.io", "java.nio.file", "java.time", "java.util", "javax.sql"),
                        // a package that only describes itself cannot be imported
                        Modules.all().stream()
                                .filter(type -> !type.getName().endsWith("package-info"))
                                .map(JavaClass::getPackageName))
                .distinct()
                .forEach(name -> imports.append("import ").append(name).append(".*;"));
        if (errors(imports + "class Example {" + code + "\n}", output).isEmpty()) {
            return List.of();
        }
        return errors(imports + "class Example { static void example() throws Exception {" + code + "\n} }", output);
    }

    private static List<String> errors(String source, Path output) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
        JavaFileObject file =
                new SimpleJavaFileObject(URI.create("string:///Example.java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return source;
                    }
                };
        try (StandardJavaFileManager files = compiler.getStandardFileManager(diagnostics, null, null)) {
            compiler.getTask(
                            null,
                            files,
                            diagnostics,
                            List.of("-proc:none", "-d", output.toString()),
                            null,
                            List.of(file))
                    .call();
        }
        return diagnostics.getDiagnostics().stream()
                .filter(diagnostic -> diagnostic.getKind() == Diagnostic.Kind.ERROR)
                .map(Object::toString)
                .toList();
    }

    private static List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>(List.of(ROOT.resolve("README.md"), ROOT.resolve("CHANGELOG.md")));
        try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            docs.filter(file -> file.toString().endsWith(".md")).forEach(documents::add);
        }
        for (Modules module : Modules.values()) {
            Path readme = ROOT.resolve(module.directory()).resolve("README.md");
            if (Files.exists(readme)) {
                documents.add(readme);
            }
        }
        return documents;
    }

    /** What a user of the artifact gets with it: the dependencies that are not for its tests. */
    private static List<String> dependencies(Path pom) throws Exception {
        List<String> found = new ArrayList<>();
        Element project = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(pom.toFile())
                .getDocumentElement();
        for (Element dependencies : children(project, "dependencies")) {
            for (Element dependency : children(dependencies, "dependency")) {
                boolean ours = text(dependency, "groupId").equals("io.drkit");
                if (!ours && !text(dependency, "scope").equals("test")) {
                    String artifact = text(dependency, "artifactId");
                    // one of a family, chosen by the system that it runs on: the README names the family
                    found.add(artifact.contains("${") ? text(dependency, "groupId") : artifact);
                }
            }
        }
        return found;
    }

    private static String text(Element parent, String name) {
        return children(parent, name).stream()
                .map(Element::getTextContent)
                .map(String::strip)
                .findFirst()
                .orElse("");
    }

    private static List<Element> children(Element parent, String name) {
        List<Element> children = new ArrayList<>();
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element && element.getTagName().equals(name)) {
                children.add(element);
            }
        }
        return children;
    }

    private static Path root() {
        Path directory = Path.of("").toAbsolutePath();
        while (!Files.exists(directory.resolve("LICENSE"))) {
            directory = directory.getParent();
        }
        return directory;
    }
}
