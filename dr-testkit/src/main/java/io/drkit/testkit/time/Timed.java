package io.drkit.testkit.time;

/** Something that happens at a moment of virtual time. Guarded by the clockwork's lock. */
abstract class Timed {
    final long id;
    long wakeAt;

    Timed(long id) {
        this.id = id;
    }

    /** The moment has come. */
    abstract void ring();
}
