package io.drkit.core.run;

import java.util.regex.Pattern;

/**
 * The messages of what others threw, before they go into the journal, to listeners and into reports: an SDK may quote a signed URL, a
 * driver its URL with the password. What looks like a secret by its name is left out. That is a net beneath those who throw, not a
 * promise: a secret that nothing announces is not seen.
 */
final class Masked {
    private static final String INSTEAD = "***";
    private static final String NAMES =
            "(?:[\\w.-]{0,40}(?:password|passwd|pwd|secret|token|api_?key|access_?key|account_?key|signature|credential)|sig)";
    /** As in a query, a connection string or JSON. */
    private static final Pattern NAMED = Pattern.compile(
            "(?i)\\b(" + NAMES + "\"?(?:=|\"\\s{0,4}:\\s{0,4}))(\"[^\"]*\"|'[^']*'|[^\\s&;,'\"<>)}\\]]+)");

    private static final Pattern IN_URL = Pattern.compile("://[^/\\s:@]{0,200}:[^/\\s@]{1,200}@");
    private static final Pattern HEADER = Pattern.compile("\\b((?i:Bearer|Basic)\\s+)[A-Za-z0-9._~+/-]{8,}=*");

    private Masked() {}

    /** What it says, without what looks like a secret. */
    static String message(Throwable failure) {
        String message = failure.getMessage();
        return text(message == null ? failure.toString() : message);
    }

    static String text(String said) {
        String named = NAMED.matcher(said).replaceAll("$1" + INSTEAD);
        String addressed = IN_URL.matcher(named).replaceAll("://" + INSTEAD + "@");
        return HEADER.matcher(addressed).replaceAll("$1" + INSTEAD);
    }
}
