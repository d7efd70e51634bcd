package io.drkit.core.share;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * Something that a person should know about one path.
 *
 * @param kind what kind of thing
 * @param path where
 * @param detail what exactly, in words
 * @param behind for {@link Kind#STALE}, how much older the target's copy is than the source's file, by the source's own times;
 *     empty when the target has no copy at all
 */
public record SyncFinding(Kind kind, TreePath path, String detail, Optional<Duration> behind) {
    /** The kinds; {@link #incomplete} ones make a result {@link SyncResult.State#INCOMPLETE}. */
    public enum Kind {
        /** It changed during every attempt to copy it: the target keeps its old copy. */
        STALE(false),
        /** It is no file and no directory, for example a symbolic link; it was not copied. */
        UNSUPPORTED(false),
        /** The target's file is newer and differs; it was kept, as newer wins. */
        KEPT_NEWER(false),
        /** It disappeared from the source during the run. */
        VANISHED(false),
        /** Verification found it different. */
        DIFFERENT(false),
        /** Verification did not find it in the target. */
        MISSING(false),
        /** Verification found it in the target alone, although such things are to be deleted. */
        EXTRA(false),
        /** It could not be read, copied, made or deleted; what the target had stays. */
        FAILED(true),
        /** A directory could not be listed to its end; nothing in it was deleted. */
        INCOMPLETE_DIRECTORY(true),
        /** All removals of the run, or one that a change of type needs, were refused; what the target has stays. */
        REMOVALS_REFUSED(true);

        private final boolean incomplete;

        Kind(boolean incomplete) {
            this.incomplete = incomplete;
        }

        /** Whether something that should have been done was not. */
        public boolean incomplete() {
            return incomplete;
        }
    }

    public SyncFinding {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(detail, "detail");
        Objects.requireNonNull(behind, "behind");
    }

    /** For a person, for example {@code STALE log/app.log: changed during each of 4 attempts}. */
    public String line() {
        return kind + " " + path + ": " + detail;
    }
}
