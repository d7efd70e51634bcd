package io.drkit.testkit.postgres;

// example: pair
import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.testkit.ledger.Audit;
import io.drkit.testkit.ledger.LiveWriter;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PostgresPairExampleTest {
    @RegisterExtension
    static final PostgresPairExtension PAIRS =
            PostgresPairExtension.perTest(PostgresPair.builder().database("shop"));

    @Test
    void failover_standbyCutOffBeforeThePrimaryDied_loses(PostgresPair pair) throws Exception {
        // what a DNS name would answer
        AtomicReference<String> address = new AtomicReference<>(pair.clientUrl(pair.first()));
        try (LiveWriter clients = LiveWriter.builder(address::get).clients(8).start()) {
            clients.awaitAcknowledged(500, Duration.ofSeconds(30));
            pair.partition();
            LiveWriter.Mark cut = clients.mark();
            clients.awaitAcknowledgedSince(cut, 200, Duration.ofSeconds(30));
            pair.kill9(pair.first());

            try (var east = DriverManager.getConnection(pair.directUrl(pair.second()))) {
                east.createStatement().execute("SELECT pg_promote()");
            }
            address.set(pair.clientUrl(pair.second()));
            clients.awaitAcknowledgedSince(clients.mark(), 100, Duration.ofSeconds(30));
            clients.stop();

            Audit audit = clients.audit(pair.directUrl(pair.second()));
            assertThat(audit.lost()).isNotEmpty();
            assertThat(audit.duplicated()).isEmpty();
            System.out.println("lost " + audit.lost().size() + " of " + audit.acknowledged() + ", no writes for "
                    + clients.longestGapSince(cut));
        }
    }
}
// end of example
