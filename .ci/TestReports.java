import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Sums the surefire reports below a directory: java .ci/TestReports.java [--no-skips] [--jvm MAJOR] [--reports NAME] DIRECTORY
 *
 * --no-skips      fails when a test was skipped, and names it: a test that was not run has not passed
 * --jvm MAJOR     fails when a report was not written by a JVM of this major version
 * --reports NAME  reads the directories of this name only (default: all that begin with surefire-reports)
 *
 * Fails also when there is no report at all, and when a test failed. The last line is "N passed, N failed, N skipped".
 */
class TestReports {
    public static void main(String[] arguments) throws Exception {
        boolean noSkips = false;
        String jvm = "";
        String reports = "";
        Path directory = Path.of(".");
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--no-skips" -> noSkips = true;
                case "--jvm" -> jvm = arguments[++i];
                case "--reports" -> reports = arguments[++i];
                default -> directory = Path.of(arguments[i]);
            }
        }

        List<String> complaints = new ArrayList<>();
        int passed = 0;
        int failed = 0;
        int skipped = 0;
        List<Path> files = reports(directory, reports);
        if (files.isEmpty()) {
            complaints.add("no test report below " + directory.toAbsolutePath());
        }
        for (Path file : files) {
            Element suite =
                    DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile()).getDocumentElement();
            String ranOn = property(suite, "java.specification.version");
            if (!jvm.isEmpty() && !ranOn.equals(jvm)) {
                complaints.add(file.getFileName() + " was run on Java " + ranOn + ", not on " + jvm);
            }
            NodeList cases = suite.getElementsByTagName("testcase");
            for (int i = 0; i < cases.getLength(); i++) {
                Element test = (Element) cases.item(i);
                String name = test.getAttribute("classname") + "." + test.getAttribute("name");
                if (has(test, "failure") || has(test, "error")) {
                    failed++;
                    complaints.add("failed: " + name);
                } else if (has(test, "skipped")) {
                    skipped++;
                    String why = reason((Element) test.getElementsByTagName("skipped").item(0));
                    if (noSkips) {
                        complaints.add("skipped: " + name + (why.isEmpty() ? "" : " (" + why + ")"));
                    }
                } else {
                    passed++;
                }
            }
        }
        complaints.forEach(System.out::println);
        System.out.println(passed + " passed, " + failed + " failed, " + skipped + " skipped");
        if (!complaints.isEmpty()) {
            System.exit(1);
        }
    }

    private static boolean has(Element test, String child) {
        return test.getElementsByTagName(child).getLength() > 0;
    }

    /** A disabled test says why in an attribute, an aborted one in the first line of its stack trace. */
    private static String reason(Element skipped) {
        return skipped.hasAttribute("message")
                ? skipped.getAttribute("message")
                : skipped.getTextContent().lines().findFirst().orElse("");
    }

    private static String property(Element suite, String name) {
        NodeList properties = suite.getElementsByTagName("property");
        for (int i = 0; i < properties.getLength(); i++) {
            Element property = (Element) properties.item(i);
            if (property.getAttribute("name").equals(name)) {
                return property.getAttribute("value");
            }
        }
        return "unknown";
    }

    private static List<Path> reports(Path directory, String reports) throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
                String name = dir.getFileName() == null ? "" : dir.getFileName().toString();
                return name.equals(".git") || name.equals("src") || name.equals("classes")
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                String name = file.getFileName().toString();
                String parent = file.toAbsolutePath().getParent().getFileName().toString();
                boolean wanted = reports.isEmpty() ? parent.startsWith("surefire-reports") : parent.equals(reports);
                if (wanted && name.startsWith("TEST-") && name.endsWith(".xml")) {
                    found.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return found;
    }
}
