package io.drkit.core.share;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Entries as bytes, for what does not fit into memory. Not a lasting format. */
final class EntryCodec {
    private EntryCodec() {}

    static void write(DataOutput out, FileEntry entry) throws IOException {
        text(out, entry.path().value());
        text(out, entry.type().name());
        out.writeLong(entry.size());
        Instant modified = entry.modified();
        out.writeLong(modified.getEpochSecond());
        out.writeInt(modified.getNano());
        out.writeBoolean(entry.version().isPresent());
        if (entry.version().isPresent()) {
            text(out, entry.version().get());
        }
        out.writeInt(entry.attributes().size());
        for (Map.Entry<String, String> attribute : entry.attributes().entrySet()) {
            text(out, attribute.getKey());
            text(out, attribute.getValue());
        }
    }

    static FileEntry read(DataInput in) throws IOException {
        TreePath path = new TreePath(text(in));
        FileEntry.Type type = FileEntry.Type.valueOf(text(in));
        long size = in.readLong();
        Instant modified = Instant.ofEpochSecond(in.readLong(), in.readInt());
        Optional<String> version = in.readBoolean() ? Optional.of(text(in)) : Optional.empty();
        int count = in.readInt();
        Map<String, String> attributes = new HashMap<>();
        for (int i = 0; i < count; i++) {
            attributes.put(text(in), text(in));
        }
        return new FileEntry(path, type, size, modified, version, attributes);
    }

    /** Not writeUTF: that ends at 65,535 bytes, and access lists may be longer. Lone surrogates survive. */
    private static void text(DataOutput out, String text) throws IOException {
        out.writeInt(text.length());
        out.writeChars(text);
    }

    private static String text(DataInput in) throws IOException {
        char[] chars = new char[in.readInt()];
        for (int i = 0; i < chars.length; i++) {
            chars[i] = in.readChar();
        }
        return new String(chars);
    }
}
