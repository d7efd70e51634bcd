package io.drkit.testkit.mutants;

/**
 * A bug in an implementation that an interface's rule must find.
 *
 * @param rule the rule, as its display name begins
 * @param tests the class that holds the implementation to the contract
 * @param bug the implementation with the bug
 */
record Planted(String rule, String tests, Mutant bug) {
    /** A broken class, and the tests of its contract. */
    record Suspect(Class<?> type, String tests) {
        /** With a text of it replaced, that rule is broken. */
        Planted breaks(String rule, String find, String replace) {
            return new Planted(rule, tests, Mutant.of(type, find, replace));
        }
    }

    /** With another text of the same class replaced as well. */
    Planted and(Class<?> type, String find, String replace) {
        return new Planted(rule, tests, bug.and(type, find, replace));
    }

    @Override
    public String toString() {
        return rule + " does not find " + bug;
    }
}
