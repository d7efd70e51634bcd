package io.drkit.postgres;

import io.drkit.core.Epoch;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What a switchover leaves in the data directory of the primary that it stops, so that whoever comes after a crash sees what had
 * been going on. It is there from before the stop until the old primary streams again.
 *
 * @param phase how far it had come
 * @param runId which run
 * @param epoch of which epoch
 * @param target the server that was to be promoted
 * @param timeline on which the old primary wrote
 * @param slot the slot that the target streamed through; empty when none
 * @param checkpoint where the shutdown checkpoint of the old primary begins, once it is fenced. It is compared with the control file
 *     of the server and never believed alone, since that server may have been let write again
 * @param settings {@code postgresql.auto.conf} as it was; empty when there was none
 */
record SwitchoverNote(
        Phase phase,
        String runId,
        Epoch epoch,
        String target,
        long timeline,
        String slot,
        Optional<Lsn> checkpoint,
        Optional<Settings> settings) {
    static final String PATH = "drkit.switchover";

    private static final String FORMAT = "1";

    enum Phase {
        /** The old primary may have been stopped. Nothing was promoted: it may be started again as what it was. */
        STOPPING,
        /** A promotion may have been asked for: the old primary must not take writes again. */
        FENCED
    }

    /** A file's bytes; never shown, as they may hold a secret of the user's. */
    static final class Settings {
        private final byte[] content;

        Settings(byte[] content) {
            this.content = content.clone();
        }

        byte[] content() {
            return content.clone();
        }
    }

    /** The same, in the hands of another run. */
    SwitchoverNote by(String nextRun, Epoch nextEpoch) {
        return new SwitchoverNote(phase, nextRun, nextEpoch, target, timeline, slot, checkpoint, settings);
    }

    boolean isOf(String run, Epoch ofEpoch) {
        return runId.equals(run) && epoch.equals(ofEpoch);
    }

    /** Called off. The server is to write again, and what is known of its last write holds no longer. */
    SwitchoverNote calledOff() {
        return new SwitchoverNote(Phase.STOPPING, runId, epoch, target, timeline, slot, Optional.empty(), settings);
    }

    SwitchoverNote fenced(Lsn at) {
        return new SwitchoverNote(Phase.FENCED, runId, epoch, target, timeline, slot, Optional.of(at), settings);
    }

    byte[] content() {
        StringBuilder text = new StringBuilder();
        text.append("# DRKit is switching over from this server: do not remove this file, resume the switchover.\n");
        text.append("format=").append(FORMAT).append('\n');
        text.append("phase=").append(phase).append('\n');
        text.append("run=").append(runId).append('\n');
        text.append("epoch=").append(epoch).append('\n');
        text.append("target=").append(target).append('\n');
        text.append("timeline=").append(timeline).append('\n');
        text.append("slot=").append(slot).append('\n');
        text.append("checkpoint=")
                .append(checkpoint.map(Lsn::toString).orElse(""))
                .append('\n');
        text.append("settings=")
                .append(settings.map(s -> "=" + Base64.getEncoder().encodeToString(s.content()))
                        .orElse(""))
                .append('\n');
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads the file's bytes.
     *
     * @throws IllegalArgumentException when it is not a note of a known format
     */
    static SwitchoverNote parse(byte[] content) {
        Map<String, String> fields = new HashMap<>();
        for (String line : new String(content, StandardCharsets.UTF_8).split("\n", -1)) {
            int equals = line.indexOf('=');
            if (!line.startsWith("#") && equals > 0) {
                fields.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        if (!FORMAT.equals(fields.get("format"))) {
            throw new IllegalArgumentException("its format is " + fields.get("format") + ", not " + FORMAT);
        }
        String checkpoint = field(fields, "checkpoint");
        String settings = field(fields, "settings");
        return new SwitchoverNote(
                Phase.valueOf(field(fields, "phase")),
                field(fields, "run"),
                new Epoch(Long.parseLong(field(fields, "epoch"))),
                field(fields, "target"),
                Long.parseLong(field(fields, "timeline")),
                field(fields, "slot"),
                checkpoint.isEmpty() ? Optional.empty() : Lsn.of(checkpoint),
                settings.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new Settings(Base64.getDecoder().decode(settings.substring(1)))));
    }

    private static String field(Map<String, String> fields, String name) {
        return Objects.requireNonNull(fields.get(name), () -> "it has no " + name);
    }
}
