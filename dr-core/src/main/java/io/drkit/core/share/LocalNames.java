package io.drkit.core.share;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;

/**
 * Between the names of a file system and those of a tree, byte for byte. On Unix a file name is bytes, and Java shows it as text
 * in the encoding of the locale: under a plain {@code C} locale, which containers often have, no name beyond ASCII would survive.
 * The URI of a path carries the bytes themselves, whatever the locale.
 */
final class LocalNames {
    private static final char ESCAPE = '\udc00';

    private final Path root;
    private final boolean bytes;

    LocalNames(Path root) {
        FileSystem system = root.getFileSystem();
        this.root = root;
        this.bytes = system == FileSystems.getDefault()
                && system.supportedFileAttributeViews().contains("unix");
    }

    /** The name of a listed path. */
    String name(Path path) {
        String text = String.valueOf(path.getFileName());
        if (!bytes || isPlain(text)) {
            return text;
        }
        String raw = path.toUri().getRawPath();
        int end = raw.endsWith("/") ? raw.length() - 1 : raw.length();
        return decode(unescape(raw.substring(raw.lastIndexOf('/', end - 1) + 1, end)));
    }

    /** The path of an entry. */
    Path path(TreePath path) {
        if (path.isRoot()) {
            return root;
        }
        if (!bytes || isPlain(path.value())) {
            return root.resolve(path.value());
        }
        String raw = root.toUri().getRawPath();
        StringBuilder uri = new StringBuilder("file://").append(raw).append(raw.endsWith("/") ? "" : "/");
        escape(path.value(), uri);
        return Path.of(URI.create(uri.toString()));
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x7f || text.charAt(i) < 0x20) {
                return false;
            }
        }
        return true;
    }

    private static byte[] unescape(String raw) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < raw.length(); i++) {
            if (raw.charAt(i) == '%') {
                bytes.write(Integer.parseInt(raw.substring(i + 1, i + 3), 16));
                i += 2;
            } else {
                bytes.write(raw.charAt(i));
            }
        }
        return bytes.toByteArray();
    }

    private static void escape(String path, StringBuilder uri) {
        for (int i = 0; i < path.length(); ) {
            int point = path.codePointAt(i);
            i += Character.charCount(point);
            if (point == '/') {
                uri.append('/');
            } else if (point > ESCAPE + 0x7f && point <= ESCAPE + 0xff) {
                escape((byte) (point - ESCAPE), uri);
            } else {
                for (byte b : Character.toString(point).getBytes(StandardCharsets.UTF_8)) {
                    escape(b, uri);
                }
            }
        }
    }

    private static void escape(byte b, StringBuilder uri) {
        uri.append('%').append(Character.forDigit((b >> 4) & 0xf, 16)).append(Character.forDigit(b & 0xf, 16));
    }

    /** UTF-8, with each byte that is none as a lone surrogate. */
    static String decode(byte[] name) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(name);
        CharBuffer out = CharBuffer.allocate(name.length + 1);
        while (true) {
            CoderResult result = decoder.decode(in, out, true);
            if (result.isUnderflow()) {
                return out.flip().toString();
            }
            for (int i = 0; i < result.length(); i++) {
                out.put((char) (ESCAPE + (in.get() & 0xff)));
            }
            decoder.reset();
        }
    }
}
