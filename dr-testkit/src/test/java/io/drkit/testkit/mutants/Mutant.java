package io.drkit.testkit.mutants;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The library with a bug planted in it, to show that a test, a rule or a simulation finds that bug. A text of a class's source is
 * replaced, the class is compiled in memory, and what is run here is loaded anew with it: every {@code io.drkit} class, tests
 * included. The JDK, JUnit, AssertJ and the loggers stay those of the caller, so that values of these may come back.
 *
 * <pre>{@code
 * Mutant bug = Mutant.of(FakeDnsZone.class, "entry.epoch > epoch.value()", "false");
 * Verdict verdict = bug.test("io.drkit.testkit.dns.FakeDnsSwitcherTest", "N12");
 * String found = bug.call(PlantedBugSearch.class);      // a Callable with a constructor without parameters
 * }</pre>
 *
 * <p>A text that does not occur, or occurs more than once, is an error: a mutant that no longer applies proves nothing. White
 * space in it stands for any white space. Sources are looked for in this module and the others of the reactor.
 */
public final class Mutant {
    private static final List<Path> ROOTS = List.of(
            Path.of("src/main/java"),
            Path.of("src/test/java"),
            Path.of("../dr-core/src/main/java"),
            Path.of("../dr-testkit/src/main/java"));
    private static final long PATIENCE_SECONDS = 120;

    private final Map<String, String> sources;
    private final String description;

    private Mutant(Map<String, String> sources, String description) {
        this.sources = sources;
        this.description = description;
    }

    /** The library with {@code find} replaced in the source of {@code type}. */
    public static Mutant of(Class<?> type, String find, String replace) {
        return of(type.getName(), find, replace);
    }

    /** The library with {@code find} replaced in the source of the class of that name, which need not be public. */
    public static Mutant of(String type, String find, String replace) {
        return new Mutant(Map.of(), "").and(type, find, replace);
    }

    /** With another text replaced as well, of the same class or another one. */
    public Mutant and(Class<?> type, String find, String replace) {
        return and(type.getName(), find, replace);
    }

    /** With another text replaced as well, of the same class or another one. */
    public Mutant and(String type, String find, String replace) {
        String name = type.contains("$") ? type.substring(0, type.indexOf('$')) : type;
        String source = sources.containsKey(name) ? sources.get(name) : source(name);
        Map<String, String> edited = new HashMap<>(sources);
        edited.put(name, replaced(name, source, find, replace));
        String edit = name.substring(name.lastIndexOf('.') + 1) + ": '" + find + "' -> '" + replace + "'";
        return new Mutant(edited, description.isEmpty() ? edit : description + "; " + edit);
    }

    /**
     * Runs a class of its own with the bug in place. What it answers must be of the JDK. It is given two minutes: a bug that makes it
     * hang is told as such, and its thread left behind.
     */
    public <T> T call(Class<? extends Callable<T>> body) throws Exception {
        ClassLoader loader = load();
        return inTime(loader, () -> {
            var constructor = loader.loadClass(body.getName()).getDeclaredConstructor();
            constructor.setAccessible(true);
            @SuppressWarnings("unchecked")
            Callable<T> anew = (Callable<T>) constructor.newInstance();
            return anew.call();
        });
    }

    /**
     * Runs the tests of a JUnit class with the bug in place: those whose display name begins with one of {@code rules}, followed by a
     * colon or a comma; all of them if none is named.
     */
    public Verdict test(Class<?> tests, String... rules) throws Exception {
        return test(tests.getName(), rules);
    }

    /** The same of a class that is not public, by its name. */
    public Verdict test(String tests, String... rules) throws Exception {
        ClassLoader loader = load();
        return inTime(loader, () -> Verdict.of(loader.loadClass(tests), List.of(rules)));
    }

    /** Writes the classes that differ into a directory, to come first on the class path of a process. */
    public void writeTo(Path directory) throws IOException {
        for (Map.Entry<String, byte[]> each :
                InMemoryCompiler.compile(sources, description).entrySet()) {
            Path file = directory.resolve(each.getKey().replace('.', '/') + ".class");
            Files.createDirectories(file.getParent());
            Files.write(file, each.getValue());
        }
    }

    private ClassLoader load() {
        return new MutantLoader(InMemoryCompiler.compile(sources, description));
    }

    private <T> T inTime(ClassLoader loader, Callable<T> body) throws Exception {
        FutureTask<T> task = new FutureTask<>(body);
        Thread thread = new Thread(task, "mutant");
        thread.setDaemon(true);
        thread.setContextClassLoader(loader);
        thread.start();
        try {
            return task.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        } catch (TimeoutException e) {
            AssertionError hung = new AssertionError("It hangs with the mutant " + this);
            hung.setStackTrace(thread.getStackTrace());
            throw hung;
        }
    }

    private static String source(String name) {
        String file = name.replace('.', '/') + ".java";
        for (Path root : ROOTS) {
            Path path = root.resolve(file);
            if (Files.isRegularFile(path)) {
                try {
                    return Files.readString(path);
                } catch (IOException e) {
                    throw new AssertionError("The source of " + name + " cannot be read", e);
                }
            }
        }
        throw new AssertionError("There is no source of " + name + " below " + ROOTS + " of "
                + Path.of("").toAbsolutePath());
    }

    private static String replaced(String name, String source, String find, String replace) {
        StringBuilder pattern = new StringBuilder();
        for (String word : find.strip().split("\\s+")) {
            pattern.append(pattern.isEmpty() ? "" : "\\s+").append(Pattern.quote(word));
        }
        Matcher matcher = Pattern.compile(pattern.toString()).matcher(source);
        if (find.isBlank() || !matcher.find()) {
            throw new AssertionError("The mutant does not apply: " + name + " has no text '" + find + "'");
        }
        String mutated = source.substring(0, matcher.start()) + replace + source.substring(matcher.end());
        if (matcher.find()) {
            throw new AssertionError("The mutant does not apply: " + name + " has more than one text '" + find + "'");
        }
        return mutated;
    }

    /** What is replaced by what. */
    @Override
    public String toString() {
        return description;
    }
}
