package io.drkit.core.run;

/** What may wake the coordinator of a run. */
sealed interface Signal permits StepRun, Signal.Word {
    /** Somebody in this process has left a word for the run. */
    record Word() implements Signal {}
}
