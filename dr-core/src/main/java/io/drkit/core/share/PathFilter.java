package io.drkit.core.share;

import java.util.List;
import java.util.regex.Pattern;

/** Include and exclude globs. Immutable. */
final class PathFilter {
    private final List<Pattern> includes;
    private final List<Pattern> excludes;

    PathFilter(List<String> includes, List<String> excludes) {
        this.includes = includes.stream().map(PathFilter::compile).toList();
        this.excludes = excludes.stream().map(PathFilter::compile).toList();
    }

    /** Whether an entry is left out with all that lies below it. */
    boolean excluded(TreePath path) {
        return matches(excludes, path);
    }

    /** Whether an entry, not excluded, is one that is asked for. Directories are walked through in any case. */
    boolean included(TreePath path) {
        return includes.isEmpty() || matches(includes, path);
    }

    private static boolean matches(List<Pattern> patterns, TreePath path) {
        for (Pattern pattern : patterns) {
            if (pattern.matcher(path.value()).matches()) {
                return true;
            }
        }
        return false;
    }

    /** A glob without a slash is about the name, at any depth; one with a slash about the whole path. */
    static Pattern compile(String glob) {
        if (glob.isEmpty() || glob.startsWith("/") || glob.endsWith("/")) {
            throw new IllegalArgumentException("Not a glob within a tree: '" + glob + "'");
        }
        StringBuilder regex = new StringBuilder(glob.indexOf('/') < 0 ? "(?:.*/)?" : "");
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            if (glob.startsWith("**/", i)) {
                regex.append("(?:.*/)?");
                i += 2;
            } else if (glob.startsWith("**", i)) {
                regex.append(".*");
                i++;
            } else if (c == '*') {
                regex.append("[^/]*");
            } else if (c == '?') {
                regex.append("[^/]");
            } else if (c == '\\') {
                if (++i == glob.length()) {
                    throw new IllegalArgumentException("A glob does not end with '\\': " + glob);
                }
                String literal = Character.toString(glob.codePointAt(i));
                regex.append(Pattern.quote(literal));
                i += literal.length() - 1;
            } else {
                // by code point: half a surrogate pair would never match
                String literal = Character.toString(glob.codePointAt(i));
                regex.append(Pattern.quote(literal));
                i += literal.length() - 1;
            }
        }
        return Pattern.compile(regex.toString(), Pattern.DOTALL);
    }
}
