package io.drkit.testkit.postgres;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives JUnit 5 tests a {@link PostgresPair} as a parameter, and ends it.
 *
 * <p>By {@code @ExtendWith(PostgresPairExtension.class)} there is one pair for the class and its nested classes; by
 * {@code @RegisterExtension} it can be described, and be one for each test. A pair for the class is as the last test left it.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final PostgresPairExtension pairs = PostgresPairExtension.perTest(PostgresPair.builder().database("shop"));
 *
 * @Test
 * void promote_primaryKilled_standbyWritable(PostgresPair pair) throws Exception {
 *     pair.kill9(pair.first());
 * }
 * }</pre>
 */
public final class PostgresPairExtension
        implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback, ParameterResolver {
    private final Namespace namespace = Namespace.create(PostgresPairExtension.class, this);
    private final PostgresPair.Builder builder;
    private final boolean perTest;

    /** One pair for the class, with what {@link PostgresPair#builder} sets. */
    public PostgresPairExtension() {
        this(PostgresPair.builder(), false);
    }

    private PostgresPairExtension(PostgresPair.Builder builder, boolean perTest) {
        this.builder = Objects.requireNonNull(builder, "builder");
        this.perTest = perTest;
    }

    /** One pair for the class; the field must be static. */
    public static PostgresPairExtension perClass(PostgresPair.Builder builder) {
        return new PostgresPairExtension(builder, false);
    }

    /** One pair for each test. Describe no directory then: each pair needs its own. */
    public static PostgresPairExtension perTest(PostgresPair.Builder builder) {
        return new PostgresPairExtension(builder, true);
    }

    /** The pair and the scope that it belongs to. */
    private record Held(PostgresPair pair, String scope) {}

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        // a nested class finds the pair of the class around it
        if (!perTest && held(context) == null) {
            hold(context);
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        if (perTest) {
            hold(context);
        } else if (held(context) == null) {
            throw new IllegalStateException(
                    "A pair for the class needs a static field: @RegisterExtension static final ...");
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        release(context);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        release(context);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == PostgresPair.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Held held = held(context);
        if (held == null) {
            throw new IllegalStateException("A pair for each test is a parameter of methods, not of constructors");
        }
        return held.pair();
    }

    private @Nullable Held held(ExtensionContext context) {
        return context.getStore(namespace).get(Held.class, Held.class);
    }

    private void hold(ExtensionContext context) throws Exception {
        context.getStore(namespace).put(Held.class, new Held(builder.start(), context.getUniqueId()));
    }

    private void release(ExtensionContext context) {
        Held held = held(context);
        if (held != null && held.scope().equals(context.getUniqueId())) {
            context.getStore(namespace).remove(Held.class);
            held.pair().close();
        }
    }
}
