package io.drkit.testkit.mutants;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * What became of the tests that were run.
 *
 * @param passed their display names
 * @param failed their display names, and what each failed with
 * @param skipped their display names
 */
public record Verdict(List<String> passed, Map<String, String> failed, List<String> skipped) {
    /** Whether a test of that rule failed. */
    public boolean failed(String rule) {
        return failed.keySet().stream().anyMatch(name -> isOf(rule, name));
    }

    static Verdict of(Class<?> tests, List<String> rules) {
        Launcher launcher = LauncherFactory.create(LauncherConfig.builder()
                .enableLauncherSessionListenerAutoRegistration(false)
                .enableLauncherDiscoveryListenerAutoRegistration(false)
                .enablePostDiscoveryFilterAutoRegistration(false)
                .enableTestExecutionListenerAutoRegistration(false)
                .build());
        PostDiscoveryFilter named = test -> FilterResult.includedIf(!test.isTest()
                || rules.isEmpty()
                || rules.stream().anyMatch(rule -> isOf(rule, test.getDisplayName())));
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectClass(tests))
                .filters(named)
                .build();
        Seen seen = new Seen();
        launcher.execute(request, seen);
        Verdict verdict = new Verdict(seen.passed, seen.failed, seen.skipped);
        if (seen.passed.isEmpty() && seen.failed.isEmpty()) {
            throw new AssertionError(tests.getName() + " has no test of " + rules + " that ran: " + verdict);
        }
        return verdict;
    }

    private static boolean isOf(String rule, String displayName) {
        return displayName.startsWith(rule + ":") || displayName.startsWith(rule + ",");
    }

    private static final class Seen implements TestExecutionListener {
        private final List<String> passed = new ArrayList<>();
        private final Map<String, String> failed = new LinkedHashMap<>();
        private final List<String> skipped = new ArrayList<>();

        @Override
        public void executionSkipped(TestIdentifier test, String reason) {
            skipped.add(test.getDisplayName());
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            if (result.getStatus() == TestExecutionResult.Status.FAILED) {
                failed.put(
                        test.getDisplayName(),
                        result.getThrowable().map(Throwable::toString).orElse("?"));
            } else if (test.isTest()) {
                (result.getStatus() == TestExecutionResult.Status.ABORTED ? skipped : passed)
                        .add(test.getDisplayName());
            }
        }
    }
}
