package io.drkit.core.readiness;

import io.drkit.core.time.Clockwork;

/** A check made of a name and a function. */
record NamedCheck(String name, String verifies, Look look) implements Check {
    NamedCheck {
        if (name.isBlank()) {
            throw new IllegalArgumentException("A check has a name");
        }
    }

    @Override
    public Finding run(Clockwork clockwork) throws Exception {
        return look.now(clockwork);
    }
}
