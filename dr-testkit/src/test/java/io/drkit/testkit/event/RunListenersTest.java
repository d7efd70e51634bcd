package io.drkit.testkit.event;

import io.drkit.core.event.ConsoleProgress;
import io.drkit.core.event.JsonLines;
import io.drkit.core.event.RunListener;
import io.drkit.core.metrics.RunMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Nested;

/** The listeners of core under their contract. */
class RunListenersTest {
    private static PrintStream nowhere() {
        return new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    }

    @Nested
    class Json extends RunListenerContract {
        private final RunListener listener = new JsonLines(Writer.nullWriter());

        @Override
        protected RunListener listener() {
            return listener;
        }
    }

    @Nested
    class Log extends RunListenerContract {
        private final RunListener listener = ConsoleProgress.to(nowhere()).build();

        @Override
        protected RunListener listener() {
            return listener;
        }
    }

    @Nested
    class LivePicture extends RunListenerContract {
        private final RunListener listener =
                ConsoleProgress.to(nowhere()).live().build();

        @Override
        protected RunListener listener() {
            return listener;
        }
    }

    @Nested
    class Metrics extends RunListenerContract {
        private final RunListener listener = new RunMetrics(new SimpleMeterRegistry());

        @Override
        protected RunListener listener() {
            return listener;
        }
    }
}
