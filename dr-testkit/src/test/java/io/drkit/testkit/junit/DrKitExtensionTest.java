package io.drkit.testkit.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

class DrKitExtensionTest {
    @RegisterExtension
    private final DrKitExtension drkit = DrKitExtension.seeded(42);

    private long began;

    @BeforeEach
    void wait_beforeEach() throws InterruptedException {
        began = drkit.clockwork().nanoTime();
        drkit.clockwork().sleep(Duration.ofHours(1));
    }

    @Test
    void test_thatWaitsForHours_costsNoTime() throws Exception {
        drkit.clockwork().sleep(Duration.ofHours(10));

        assertThat(Duration.ofNanos(drkit.clockwork().nanoTime() - began)).isEqualTo(Duration.ofHours(11));
        assertThat(drkit.clockwork().elapsed()).isEqualTo(Duration.ofHours(11));
    }

    @Test
    void test_another_hasATimeOfItsOwn() {
        assertThat(drkit.clockwork().elapsed()).isEqualTo(Duration.ofHours(1));
    }

    @Test
    void test_thatFails_tellsSeedAndVirtualTime() {
        Throwable failure = run(Failing.class).get(0);

        assertThat(failure).hasMessage("as it is meant to");
        assertThat(failure.getSuppressed())
                .singleElement()
                .satisfies(note ->
                        assertThat(note.getMessage()).contains("seed 7;", "PT3H after the beginning", "-Ddrkit.seed="));
    }

    @Test
    void extension_inAStaticField_isRefusedAtTheSecondTest() {
        assertThat(run(Shared.class))
                .singleElement()
                .satisfies(failure ->
                        assertThat(failure).hasMessageContaining("register it as a field that is not static"));
    }

    /** Only run by the tests above. */
    static class Failing {
        @RegisterExtension
        private final DrKitExtension drkit = DrKitExtension.seeded(7);

        @Test
        void fails() throws Exception {
            drkit.clockwork().sleep(Duration.ofHours(3));
            throw new IllegalStateException("as it is meant to");
        }
    }

    /** Only run by the tests above. */
    static class Shared {
        @RegisterExtension
        private static final DrKitExtension DRKIT = DrKitExtension.seeded(7);

        @Test
        void one() {}

        @Test
        void another() {}
    }

    private static List<Throwable> run(Class<?> tests) {
        List<Throwable> failures = new ArrayList<>();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(DiscoverySelectors.selectClass(tests))
                                .build(),
                        new TestExecutionListener() {
                            @Override
                            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                                if (test.isTest()) {
                                    result.getThrowable().ifPresent(failures::add);
                                }
                            }
                        });
        return failures;
    }
}
