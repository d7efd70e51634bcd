package io.drkit.testkit.mutants;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/** Loads every class of the library anew, the mutated ones as they were compiled; all else is the caller's. */
final class MutantLoader extends ClassLoader {
    private static final String OURS = "io.drkit.";

    private final Map<String, byte[]> mutated;

    static {
        registerAsParallelCapable();
    }

    MutantLoader(Map<String, byte[]> mutated) {
        super("mutant", MutantLoader.class.getClassLoader());
        this.mutated = mutated;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(OURS)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            if (loaded == null) {
                byte[] bytes = mutated.containsKey(name) ? mutated.get(name) : original(name);
                loaded = defineClass(name, bytes, 0, bytes.length);
            }
            if (resolve) {
                resolveClass(loaded);
            }
            return loaded;
        }
    }

    private byte[] original(String name) throws ClassNotFoundException {
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }
}
