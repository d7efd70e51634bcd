package io.drkit.core.time;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Asks several things at once, each on a thread of its own, and waits for none of them longer than it may take. What has not
 * answered by then is interrupted and left behind; while it does not heed that, it is not asked again, so that something that
 * hangs for days holds one thread and not one more each minute.
 *
 * <pre>{@code
 * Survey.Answer<String> answer = new Survey(clockwork).ask("east", Duration.ofSeconds(2), east::version);
 * }</pre>
 *
 * <p>Thread-safe. A survey knows its questions by their names.
 */
public final class Survey {
    private final Clockwork clockwork;
    private final Map<String, Task> hanging = new ConcurrentHashMap<>();

    /** Takes its time and its threads from {@code clockwork}. */
    public Survey(Clockwork clockwork) {
        this.clockwork = Objects.requireNonNull(clockwork, "clockwork");
    }

    /**
     * Something to be asked.
     *
     * @param name what it is called, in thread names too; unique in the survey
     * @param within how long its answer is waited for
     * @param work what answers it; should heed interruption
     */
    public record Question<T>(String name, Duration within, Callable<? extends T> work) {
        public Question {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(work, "work");
            if (within.isNegative() || within.isZero()) {
                throw new IllegalArgumentException(name + " is waited for longer than zero, not " + within);
            }
        }
    }

    /** What became of a question. */
    public sealed interface Answer<T> {
        /** It answered. */
        record Value<T>(T value) implements Answer<T> {}

        /** It threw. */
        record Failed<T>(Exception failure) implements Answer<T> {}

        /**
         * It did not answer in time.
         *
         * @param why for example {@code no answer within 2 s}
         */
        record Silent<T>(String why) implements Answer<T> {}
    }

    /** As {@link #ask(List)}, for one question. */
    public <T> Answer<T> ask(String name, Duration within, Callable<? extends T> work) throws InterruptedException {
        return ask(List.of(new Question<T>(name, within, work))).get(0);
    }

    /**
     * Asks them all at once.
     *
     * @return the answers, in the order of the questions, as soon as the last is there or overdue
     * @throws InterruptedException when the caller is interrupted; what was still at work is interrupted too
     */
    public <T> List<Answer<T>> ask(List<Question<T>> questions) throws InterruptedException {
        Mailbox<Arrived<T>> arrivals = clockwork.mailbox();
        List<@Nullable Answer<T>> answers = new ArrayList<>();
        List<Open> open = new ArrayList<>();
        for (int i = 0; i < questions.size(); i++) {
            Question<T> question = questions.get(i);
            Task earlier = hanging.get(question.name());
            if (earlier != null && !earlier.ended()) {
                answers.add(new Answer.Silent<>("an earlier try has still not ended"));
                continue;
            }
            hanging.remove(question.name());
            answers.add(null);
            int index = i;
            Task task = clockwork.start(question.name(), () -> arrivals.put(new Arrived<>(index, answer(question))));
            open.add(new Open(i, task, clockwork.deadline(question.within())));
        }
        try {
            while (!open.isEmpty()) {
                Duration next = open.stream()
                        .map(o -> o.deadline().remaining())
                        .min(Duration::compareTo)
                        .orElseThrow();
                Arrived<T> arrived = arrivals.poll(next);
                if (arrived != null) {
                    answers.set(arrived.index(), arrived.answer());
                    open.removeIf(o -> o.index() == arrived.index());
                    continue;
                }
                for (Open late : List.copyOf(open)) {
                    if (late.deadline().passed()) {
                        Question<T> question = questions.get(late.index());
                        answers.set(
                                late.index(),
                                new Answer.Silent<>(
                                        "no answer within " + question.within().toMillis() + " ms"));
                        open.remove(late);
                        leave(question.name(), late.task());
                    }
                }
            }
        } finally {
            open.forEach(o -> leave(questions.get(o.index()).name(), o.task()));
        }
        return answers.stream().map(Objects::requireNonNull).toList();
    }

    private void leave(String name, Task task) {
        hanging.put(name, task);
        task.interrupt();
    }

    private static <T> Answer<T> answer(Question<T> question) {
        try {
            return new Answer.Value<>(question.work().call());
        } catch (Exception e) {
            return new Answer.Failed<>(e);
        }
    }

    private record Arrived<T>(int index, Answer<T> answer) {}

    private record Open(int index, Task task, Deadline deadline) {}
}
