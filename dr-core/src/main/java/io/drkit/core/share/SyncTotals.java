package io.drkit.core.share;

/**
 * How much was done, or would be. Of files and directories in scope only; DRKit's own names are never counted.
 *
 * @param sourceFiles files seen in the source
 * @param targetEntries files and directories seen in the target
 * @param unchanged files found equal
 * @param copied files whose content was copied, new ones and replaced ones
 * @param bytes their bytes
 * @param properties files and directories that got only new attributes or a new time
 * @param directories directories made
 * @param extraneous entries of the target that the source lacks
 * @param deleted entries deleted because the source lacks them
 * @param replaced entries removed because a file became a directory or the reverse, with all that lay below
 * @param swept temporary files of dead runs removed
 */
public record SyncTotals(
        long sourceFiles,
        long targetEntries,
        long unchanged,
        long copied,
        long bytes,
        long properties,
        long directories,
        long extraneous,
        long deleted,
        long replaced,
        long swept) {
    /** Whether anything was changed, or would be; swept temporary files apart. */
    public boolean changesAnything() {
        return copied + properties + directories + deleted + replaced > 0;
    }

    /** For a person, for example {@code 12 files copied (40960 bytes), 3 deleted, 1500 unchanged}. */
    public String line() {
        StringBuilder line = new StringBuilder();
        line.append(copied).append(" files copied (").append(bytes).append(" bytes)");
        append(line, properties, " with new properties");
        append(line, directories, " directories made");
        append(line, deleted, " deleted");
        append(line, replaced, " removed for a change of type");
        append(line, extraneous - deleted, " extraneous kept");
        return line.append(", ").append(unchanged).append(" unchanged").toString();
    }

    private static void append(StringBuilder line, long count, String what) {
        if (count > 0) {
            line.append(", ").append(count).append(what);
        }
    }
}
