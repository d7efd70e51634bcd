package io.drkit.testkit.k8s;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a request to an API server is about.
 *
 * @param operation as faults name it, such as {@code PATCH deployments}
 * @param name of the object; empty when it is about several
 */
record ApiCall(String operation, String name) {
    private static final Pattern PATH = Pattern.compile(
            "/apis?(?:/[^/]+)?/v[^/]+/(?:namespaces/(?<ns>[^/]+)/)?(?<plural>[^/]+)(?:/(?<name>[^/]+))?(?:/(?<sub>[^/]+))?");

    /** Empty when it is about no object, such as a health check. */
    static Optional<ApiCall> of(String method, String pathAndQuery) {
        int query = pathAndQuery.indexOf('?');
        Matcher at = PATH.matcher(query < 0 ? pathAndQuery : pathAndQuery.substring(0, query));
        if (!at.matches()) {
            return Optional.empty();
        }
        String name = at.group("name") == null ? "" : at.group("name");
        String verb = method;
        if (method.equals("GET")) {
            boolean watch = query >= 0 && pathAndQuery.substring(query).contains("watch=true");
            verb = watch ? "WATCH" : name.isEmpty() ? "LIST" : "GET";
        }
        String sub = at.group("sub") == null ? "" : "/" + at.group("sub");
        return Optional.of(new ApiCall(verb + " " + at.group("plural") + sub, name));
    }

    /** Such as {@code PATCH deployments/runtime}. */
    @Override
    public String toString() {
        return name.isEmpty() ? operation : operation + "/" + name;
    }
}
