package io.drkit.core.run;

import io.drkit.core.action.ActionContext;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Looks at many things at the same time; what does not answer in its time is given up, and is not known. */
final class Observations {
    private final Clockwork clockwork;
    private final Duration patience;

    Observations(Clockwork clockwork, Duration patience) {
        this.clockwork = clockwork;
        this.patience = patience;
    }

    /** Reads something. */
    interface Look<I, T> {
        T at(I item, ActionContext context) throws InterruptedException;
    }

    /**
     * What came of it.
     *
     * @param value what was seen; empty when nothing was
     * @param failure why nothing was seen; empty when something was
     */
    record Answer<T>(Optional<T> value, String failure) {}

    private record Numbered<T>(int item, Answer<T> answer) {}

    /** An answer for each item, in their order. */
    <I, T> List<Answer<T>> each(List<I> items, Function<I, String> name, Look<I, T> look) throws InterruptedException {
        Mailbox<Numbered<T>> seen = clockwork.mailbox();
        List<Task> tasks = new ArrayList<>();
        List<@Nullable Answer<T>> answers = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            int number = i;
            I item = items.get(i);
            answers.add(null);
            tasks.add(clockwork.start(
                    "drkit look at " + name.apply(item), () -> seen.put(new Numbered<>(number, look(item, look)))));
        }
        Deadline end = clockwork.deadline(patience);
        try {
            for (int open = items.size(); open > 0; open--) {
                Numbered<T> next = seen.poll(end.remaining());
                if (next == null) {
                    break;
                }
                answers.set(next.item(), next.answer());
            }
        } finally {
            tasks.stream().filter(task -> !task.ended()).forEach(Task::interrupt);
        }
        List<Answer<T>> all = new ArrayList<>();
        for (@Nullable Answer<T> answer : answers) {
            all.add(answer == null ? new Answer<>(Optional.empty(), "it did not answer within " + patience) : answer);
        }
        return all;
    }

    private <I, T> Answer<T> look(I item, Look<I, T> look) {
        try {
            return new Answer<>(Optional.of(look.at(item, new ObservingContext(clockwork, clockwork.newId()))), "");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Answer<>(Optional.empty(), "interrupted");
        } catch (RuntimeException e) {
            return new Answer<>(Optional.empty(), Masked.message(e));
        } catch (LinkageError | AssertionError | StackOverflowError e) {
            return new Answer<>(Optional.empty(), Masked.text(e.toString()));
        }
    }
}
