package io.drkit.core.detect;

/** A probe made of a name and a function. */
record NamedProbe(String name, Look function) implements HealthProbe {
    @Override
    public Health look() throws Exception {
        return function.now();
    }
}
