package io.drkit.testkit.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;

/**
 * A copy of a running server's data directory by the low-level backup functions, for binaries without {@code pg_basebackup}. See
 * "Making a Base Backup Using the Low Level API" in PostgreSQL's documentation, chapter "Continuous Archiving".
 */
final class BaseBackup {
    /** From this version on the backup functions have their present names. */
    private static final int RENAMED = 15;

    /** Of these the server wants the directory and not what is in it; a leftover slot directory even keeps it from starting. */
    private static final Set<String> EMPTIED = Set.of(
            "pg_wal",
            "pg_replslot",
            "pg_dynshmem",
            "pg_notify",
            "pg_serial",
            "pg_snapshots",
            "pg_stat_tmp",
            "pg_subtrans");

    private static final Set<String> LEFT_OUT = Set.of(
            "postmaster.pid",
            "postmaster.opts",
            "pg_internal.init",
            "current_logfiles",
            "standby.signal",
            "recovery.signal");

    private BaseBackup() {}

    static void take(PostgresServer source, Path to, String slot) throws IOException {
        try (Connection connection = source.connect("postgres");
                Statement statement = connection.createStatement()) {
            // start and end must be one session, and the slot keeps the log from the start on
            reserve(connection, slot);
            boolean named = connection.getMetaData().getDatabaseMajorVersion() >= RENAMED;
            statement.execute(
                    named ? "SELECT pg_backup_start('drkit', true)" : "SELECT pg_start_backup('drkit', true, false)");
            copy(source.dataDirectory(), to);
            try (ResultSet rows = statement.executeQuery(
                    named
                            ? "SELECT labelfile, spcmapfile FROM pg_backup_stop(false)"
                            : "SELECT labelfile, spcmapfile FROM pg_stop_backup(false, false)")) {
                rows.next();
                String tablespaces = rows.getString(2);
                if (tablespaces != null && !tablespaces.isBlank()) {
                    throw new IOException(source.name() + " has tablespaces outside its data directory");
                }
                Files.writeString(to.resolve("backup_label"), rows.getString(1), StandardCharsets.UTF_8);
                PostgresServer.restrict(to.resolve("backup_label"), "rw-------");
            }
        } catch (SQLException e) {
            throw new IOException("No base backup of " + source.name() + " could be taken: " + e.getMessage(), e);
        }
    }

    private static void reserve(Connection connection, String slot) throws SQLException {
        try (PreparedStatement create =
                connection.prepareStatement("SELECT pg_create_physical_replication_slot(?, true)"
                        + " WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = ?)")) {
            create.setString(1, slot);
            create.setString(2, slot);
            create.execute();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                Path relative = from.relativize(directory);
                if (directory.getFileName().toString().startsWith("pgsql_tmp")) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                Path copy = to.resolve(relative.toString());
                Files.createDirectories(copy);
                PostgresServer.restrict(copy, "rwx------");
                return EMPTIED.contains(relative.toString()) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                String name = file.getFileName().toString();
                String relative = from.relativize(file).toString().replace('\\', '/');
                if (!LEFT_OUT.contains(name)
                        && !name.startsWith("pgsql_tmp")
                        && !relative.equals("backup_label")
                        && !relative.equals("global/pg_control")) {
                    one(file, to.resolve(relative));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }
        });
        Path status = to.resolve("pg_wal").resolve("archive_status");
        Files.createDirectories(status);
        PostgresServer.restrict(status, "rwx------");
        // last, as the server's own backup does: no file may be newer than what it says
        one(from.resolve("global/pg_control"), to.resolve("global/pg_control"));
    }

    /** Files come and go while the server runs: what has gone was not needed. */
    private static void one(Path from, Path to) throws IOException {
        try {
            Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
        } catch (NoSuchFileException gone) {
            return;
        }
    }
}
