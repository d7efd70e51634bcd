package io.drkit.core.readiness;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Makes of a secret what may be compared: take it where the value is read, and let the value go no further. */
public final class SecretDigest {
    private SecretDigest() {}

    /** The SHA-256 of {@code value} in hexadecimal digits. Whoever has it can try guesses against it: do not keep or log it. */
    public static String of(byte[] value) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(value));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    /** The same, of its UTF-8 bytes. */
    public static String of(String value) {
        return of(value.getBytes(StandardCharsets.UTF_8));
    }
}
