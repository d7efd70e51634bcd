package io.drkit.testkit.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.testkit.evidence.Evidence;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What holds for the contracts themselves. */
class ContractRulesTest {
    private static final Path MAIN = Path.of("src/main/java");
    /** A rule, then the rows of the systems and the modes of failure that it is about. */
    private static final Pattern NAME = Pattern.compile("([A-Z]{1,2}\\d{1,2})(?:, [A-Z]\\d{1,2})*: \\S.*");

    @Test
    void rules_ofAllContracts_areNumberedAndEachIsBrokenByAPlantedBug() throws Exception {
        Set<String> rules = new TreeSet<>();
        for (Class<?> contract : contracts()) {
            for (Method method : contract.getDeclaredMethods()) {
                if (method.isAnnotationPresent(Test.class)) {
                    DisplayName name = method.getAnnotation(DisplayName.class);
                    assertThat(name).as("the number of %s", method).isNotNull();
                    Matcher matcher = NAME.matcher(name.value());
                    assertThat(matcher.matches()).as(name.value()).isTrue();
                    assertThat(rules.add(matcher.group(1)))
                            .as("no other rule is numbered so: %s", name.value())
                            .isTrue();
                }
            }
        }
        Set<String> broken =
                ContractMutantsTest.all().stream().map(Planted::rule).collect(Collectors.toSet());

        Evidence.atLeast("contract-rules", rules.size(), "rules", 100).write();
        assertThat(rules).as("rules that nobody has shown to find anything").isSubsetOf(broken);
        assertThat(broken).as("planted bugs of rules that exist").isSubsetOf(rules);
    }

    private static List<Class<?>> contracts() throws IOException {
        List<Class<?>> contracts = new ArrayList<>();
        try (Stream<Path> files = Files.walk(MAIN)) {
            for (Path file : files.filter(each -> each.toString().endsWith("Contract.java"))
                    .sorted()
                    .toList()) {
                String name = MAIN.relativize(file).toString().replace('/', '.').replace('\\', '.');
                contracts.add(Class.forName(name.substring(0, name.length() - ".java".length())));
            }
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
        return contracts;
    }
}
