package io.drkit.postgres;

import io.drkit.core.DataLoss;
import io.drkit.core.time.Clockwork;
import java.util.List;

/** The context of a process that dies at the nth boundary between it and the world. */
final class MortalContext extends Recorder {
    /** What the process that dies throws: no code of ours may survive it. */
    static final class Death extends Error {
        private static final long serialVersionUID = 1L;
    }

    private final List<String> passed;
    private final int dieAt;

    /** Dies as soon as that many have been passed. */
    MortalContext(List<String> passed, int dieAt) {
        this.passed = passed;
        this.dieAt = dieAt;
    }

    synchronized void pass(String moment) {
        passed.add(moment);
        if (passed.size() == dieAt) {
            throw new Death();
        }
    }

    /** Dies in a wait too: there a request may be on its way. A wait counts once, however often it looks. */
    @Override
    public Clockwork clockwork() {
        return new SleepWatch(super.clockwork(), moment -> {
            if (passed.isEmpty() || !passed.get(passed.size() - 1).equals(moment)) {
                pass(moment);
            }
        });
    }

    @Override
    public void requireAuthority() {
        pass("authority");
    }

    @Override
    public void record(String key, String value) {
        pass("before record " + key);
        super.record(key, value);
        pass("after record " + key);
    }

    @Override
    public void report(DataLoss loss) {
        super.report(loss);
        pass("report");
    }
}
