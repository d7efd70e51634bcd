package io.drkit.testkit.mutants;

import java.util.ArrayList;
import java.util.List;

/**
 * A bug in an implementation that an interface's rule must find.
 *
 * @param rule the rule, as its display name begins
 * @param tests the class that holds the implementation to the contract
 * @param edits what is replaced by what
 */
record Planted(String rule, String tests, List<Edit> edits) {
    /** A text that is replaced in the source of a class. */
    record Edit(String type, String find, String replace) {}

    /** A class to be broken, and the tests of its contract. */
    record Suspect(String type, String tests) {
        Suspect(Class<?> type, String tests) {
            this(type.getName(), tests);
        }

        /** With a text of it replaced, that rule is broken. */
        Planted breaks(String rule, String find, String replace) {
            return new Planted(rule, tests, List.of(new Edit(type, find, replace)));
        }
    }

    /** With another text of the first class replaced as well. */
    Planted and(String find, String replace) {
        List<Edit> more = new ArrayList<>(edits);
        more.add(new Edit(edits.get(0).type(), find, replace));
        return new Planted(rule, tests, more);
    }

    /** The library with the bug; throws when a text is not there to be replaced. */
    Mutant mutant() {
        Edit first = edits.get(0);
        Mutant mutant = Mutant.of(first.type(), first.find(), first.replace());
        for (Edit edit : edits.subList(1, edits.size())) {
            mutant = mutant.and(edit.type(), edit.find(), edit.replace());
        }
        return mutant;
    }
}
