package io.drkit.core.journal;

import io.drkit.core.Problem;
import java.util.List;
import java.util.Objects;

/**
 * What was left for a run.
 *
 * @param instructions what can be read, in the order in which it was posted
 * @param unreadable what lies among it and cannot be read: never an instruction, whatever it looks like
 */
public record Words(List<Instruction> instructions, List<Unreadable> unreadable) {
    public Words {
        instructions = List.copyOf(instructions);
        unreadable = List.copyOf(unreadable);
    }

    /**
     * One that cannot be read: damaged, or of a newer version.
     *
     * @param where where it lies, the same at each look
     * @param why what is wrong with it
     */
    public record Unreadable(String where, String why) {
        public Unreadable {
            Objects.requireNonNull(where, "where");
            Objects.requireNonNull(why, "why");
        }
    }

    /**
     * The instructions, when all of them can be read.
     *
     * @throws CorruptJournalException when one cannot
     */
    public List<Instruction> intact() {
        if (!unreadable.isEmpty()) {
            Unreadable first = unreadable.get(0);
            throw new CorruptJournalException(
                    "journal.corrupt",
                    Problem.expected("an undamaged instruction in " + first.where())
                            .found(first.why())
                            .remedy("ask whoever posted it, perhaps with a newer version, to say it again"),
                    null);
        }
        return instructions;
    }
}
