package shop;

import io.drkit.core.action.Action;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.time.Clockwork;

/** What the README shows. */
final class ShopRecovery {
    private ShopRecovery() {}

    static void execute(Action<?> action) throws InterruptedException {
        // example: execute
        ActionExecutor.on(Clockwork.system()).execute(action);
        // end of example
    }
}
