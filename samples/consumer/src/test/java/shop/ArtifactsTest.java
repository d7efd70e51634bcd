package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What an application gets when it names the artifacts: jars, and on a module path modules of these names. */
class ArtifactsTest {
    @Test
    void artifacts_takenThroughTheBom_areJarsWithStableModuleNames() {
        Map<String, String> names = new TreeMap<>();
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(jar -> jar.getFileName().toString().startsWith("dr-"))
                .forEach(jar -> {
                    ModuleDescriptor descriptor =
                            ModuleFinder.of(jar).findAll().stream().map(ModuleReference::descriptor).findFirst().orElseThrow();
                    assertTrue(descriptor.isAutomatic(), () -> jar + " is an automatic module");
                    names.put(jar.getFileName().toString().replaceAll("-[0-9].*", ""), descriptor.name());
                });

        assertEquals(
                Map.of(
                        "dr-azure", "io.drkit.azure",
                        "dr-core", "io.drkit.core",
                        "dr-k8s", "io.drkit.k8s",
                        "dr-postgres", "io.drkit.postgres",
                        "dr-testkit", "io.drkit.testkit"),
                names);
    }
}
