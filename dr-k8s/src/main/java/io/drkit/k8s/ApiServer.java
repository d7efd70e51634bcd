package io.drkit.k8s;

import io.drkit.core.BlockedException;
import io.drkit.core.ConflictException;
import io.drkit.core.DeniedException;
import io.drkit.core.DrException;
import io.drkit.core.NotFoundException;
import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import java.util.function.Function;

/** Calls one API server, a request at a time, and says what a failure means for the caller. */
final class ApiServer {
    private final KubernetesClient client;

    /**
     * The client repeats refused and lost requests by itself, up to ten times, on the machine's time and with no word to the
     * caller. Here the action's policy decides that, after a new observation; so each request is sent once.
     */
    ApiServer(KubernetesClient client) {
        this.client = client.newClient(
                        new RequestConfigBuilder(client.getConfiguration().getRequestConfig())
                                .withRequestRetryBackoffLimit(0)
                                .build())
                .adapt(KubernetesClient.class);
    }

    /**
     * @param what in words, for example {@code to read deployment/runtime in shop}
     * @throws UnknownOutcomeException when there was no answer, or none that says anything
     */
    <T> T read(String what, Function<KubernetesClient, T> call) throws InterruptedException {
        return call(what, call, "k8s.unreadable", "nothing is known of it, and it is read again");
    }

    /** @throws UnknownOutcomeException when it may or may not have been done */
    <T> T write(String what, Function<KubernetesClient, T> call) throws InterruptedException {
        return call(what, call, "k8s.outcome-unknown", "it may or may not have been done: observe it again");
    }

    private <T> T call(String what, Function<KubernetesClient, T> call, String unknownCode, String unknownRemedy)
            throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        try {
            return call.apply(client);
        } catch (KubernetesClientException e) {
            if (Thread.interrupted()) {
                InterruptedException interrupted = new InterruptedException();
                interrupted.initCause(e);
                throw interrupted;
            }
            throw meaning(e, what, unknownCode, unknownRemedy);
        }
    }

    private static DrException meaning(
            KubernetesClientException e, String what, String unknownCode, String unknownRemedy) {
        String found = e.getStatus() != null && e.getStatus().getMessage() != null
                ? e.getCode() + ", " + e.getStatus().getMessage()
                : String.valueOf(e.getMessage());
        Problem.Found problem = Problem.expected(what).found(found);
        return switch (e.getCode()) {
            case 401, 403 ->
                new DeniedException(
                        "k8s.denied",
                        problem.remedy("give the account the verbs that the documentation of this primitive lists"),
                        e);
            case 404 -> new NotFoundException("k8s.not-found", problem.remedy("check the name and the namespace"), e);
            case 409 ->
                new ConflictException(
                        "k8s.conflict", problem.remedy("somebody else changed it meanwhile: observe it again"), e);
            case 400, 405, 406, 410, 413, 415, 422 ->
                new BlockedException("k8s.rejected", problem.remedy("change what was asked for"), e);
            default -> new UnknownOutcomeException(unknownCode, problem.remedy(unknownRemedy), e);
        };
    }
}
