package io.drkit.core.lease.zookeeper;

import io.drkit.core.BlockedException;
import io.drkit.core.ConflictException;
import io.drkit.core.DeniedException;
import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.lease.LeaseRecord;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.time.Clockwork;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * Leases in ZooKeeper, by the Curator client that the application started, with its ACLs, namespace and retries.
 *
 * <p>A lease is a persistent node {@code PATH/NAME} that stays, and below it one with the record, written under the condition of
 * its version. Nothing is ephemeral: neither a lost session nor a suspended connection takes or frees a lease; its ttl alone does.
 * No parent is a container, which ZooKeeper would remove once it is empty.
 *
 * <p><b>Why the epoch grows when the record is deleted.</b> Every change in ZooKeeper has a transaction id that is higher than all
 * before it, for the life of the ensemble. The node of the lease remembers that of the last creation or deletion below it
 * ({@code pzxid}; ZooKeeper Programmer's Guide, <i>ZooKeeper Stat Structure</i>). An epoch is at most one more than the highest epoch
 * or {@code pzxid} before it, and each costs a transaction; so no epoch exceeds the id of the transaction that wrote it, nor
 * therefore that of the later deletion. When the node of the lease itself was deleted, it is made anew, with a higher id again. So
 * epochs are large numbers here, and the first holder of all waits a ttl, as it cannot know that there was none before it.
 *
 * <p>A record is created together with a change of the version of the node above it, and is named by both; so who read from a
 * server that lags, or before somebody deleted and another one created, changes nothing.
 *
 * <p>Errors: {@link UnknownOutcomeException} with {@code lease.zookeeper-unknown} when the connection or the session was lost,
 * {@link DeniedException} with {@code lease.denied}, {@link BlockedException} with {@code lease.corrupt} when something else stands
 * there. How long a call takes at most is up to the client's session timeout and retry policy: choose them well below the ttl.
 */
public final class ZooKeeperLeaseStore implements LeaseStore {
    private static final int TRIES = 5;

    private final CuratorFramework client;
    private final String root;
    private final Clockwork clockwork;

    /** A lease's own node: which one of that name ({@code czxid}), and in which version. */
    private record Folder(String path, long id, int version, long lastChange) {
        /** Where the record stands that was created with this version; none that was created otherwise is there. */
        String record(int created) {
            return path + "/" + Long.toHexString(id) + "-" + created;
        }
    }

    /** A version as {@link Seen} has it: that of the folder, and that of the record, -1 where there is none. */
    private record Version(long folder, int created, int written) {
        static Version parse(String text) {
            String[] parts = text.split("\\.", 3);
            return new Version(Long.parseLong(parts[0], 16), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
        }

        @Override
        public String toString() {
            return Long.toHexString(folder) + "." + created + "." + written;
        }
    }

    @FunctionalInterface
    private interface Call<T> {
        T make() throws Exception;
    }

    /**
     * @param client started; closing it remains with the application
     * @param path an absolute path for nothing but leases, such as {@code /shop/leases}; made when it is first needed
     */
    public ZooKeeperLeaseStore(CuratorFramework client, String path) {
        this(client, path, Clockwork.system());
    }

    /** @param clockwork from which to draw the marks by which a write is known again whose answer was lost */
    public ZooKeeperLeaseStore(CuratorFramework client, String path, Clockwork clockwork) {
        if (!path.matches("(/[^/]+)+")) {
            throw new IllegalArgumentException("An absolute path does not end with a slash: " + path);
        }
        this.client = client;
        this.root = path;
        this.clockwork = clockwork;
    }

    @Override
    public Seen read(String name) throws InterruptedException {
        return call("to read the lease " + name, () -> {
            for (int tries = 0; tries < TRIES; tries++) {
                Folder folder = folder(name);
                Stat stat = new Stat();
                byte[] data = dataOrNone(folder.record(folder.version()), stat);
                if (data.length > 0) {
                    return seen(folder, record(folder, data), stat.getVersion());
                }
                // The folder is looked at again, as the record may have been deleted after the first look.
                Folder after = folder(name);
                if (after.id() == folder.id() && after.version() == folder.version()) {
                    return new Seen(
                            Optional.empty(),
                            new Version(after.id(), after.version(), -1).toString(),
                            new Epoch(after.lastChange()));
                }
            }
            throw unknown("to read the lease " + name, new IllegalStateException("it changed all the time"));
        });
    }

    @Override
    public Seen write(String name, Seen expected, LeaseRecord record) throws InterruptedException {
        Version version = Version.parse(expected.version());
        String mark = clockwork.newId();
        byte[] data = (mark + "\n" + record.toJson()).getBytes(StandardCharsets.UTF_8);
        return call("to write the lease " + name, () -> {
            Folder folder = new Folder(pathOf(name), version.folder(), version.created(), 0);
            boolean creates = version.written() < 0;
            int created = creates ? version.created() + 1 : version.created();
            int written = version.written() + 1;
            try {
                if (creates) {
                    create(folder, created, data);
                } else {
                    client.setData().withVersion(version.written()).forPath(folder.record(created), data);
                }
            } catch (KeeperException.BadVersionException
                    | KeeperException.NoNodeException
                    | KeeperException.NodeExistsException e) {
                // Where the client tried twice, the one in the way may be its own first try.
                Stat stat = new Stat();
                byte[] there = dataOrNone(folder.record(created), stat);
                if (!new String(there, StandardCharsets.UTF_8).startsWith(mark + "\n")) {
                    throw changed(name, expected, e);
                }
                written = stat.getVersion();
            }
            if (creates && !isStill(folder)) {
                // It was made in another folder of that name, under a name that nobody reads there.
                client.delete().quietly().forPath(folder.record(created));
                throw changed(name, expected, null);
            }
            return seen(new Folder(folder.path(), version.folder(), created, 0), record, written);
        });
    }

    /** Together with the version of the folder, so that nobody who saw an earlier state creates another one. */
    private void create(Folder folder, int created, byte[] data) throws Exception {
        client.transaction()
                .forOperations(
                        client.transactionOp()
                                .setData()
                                .withVersion(folder.version())
                                .forPath(folder.path(), new byte[0]),
                        client.transactionOp()
                                .create()
                                .withMode(CreateMode.PERSISTENT)
                                .forPath(folder.record(created), data));
    }

    private boolean isStill(Folder folder) throws Exception {
        Stat now = client.checkExists().forPath(folder.path());
        return now != null && now.getCzxid() == folder.id();
    }

    @Override
    public Map<String, Seen> list(String prefix) throws InterruptedException {
        Map<String, Seen> found = new TreeMap<>();
        List<String> names = call("to list the leases in " + root, () -> {
            try {
                return client.getChildren().forPath(root);
            } catch (KeeperException.NoNodeException none) {
                return List.<String>of();
            }
        });
        for (String encoded : names) {
            String name = decoded(encoded);
            if (name.startsWith(prefix)) {
                Seen seen = read(name);
                if (seen.record().isPresent()) {
                    found.put(name, seen);
                }
            }
        }
        return found;
    }

    /** The node of the lease, made if it is not there. */
    private Folder folder(String name) throws Exception {
        String path = pathOf(name);
        Stat stat = client.checkExists().forPath(path);
        if (stat == null) {
            try {
                client.create().creatingParentsIfNeeded().forPath(path, new byte[0]);
            } catch (KeeperException.NodeExistsException somebodyElseDid) {
                // as good
            }
            stat = client.checkExists().forPath(path);
            if (stat == null) {
                throw new KeeperException.NoNodeException(path);
            }
        }
        return new Folder(path, stat.getCzxid(), stat.getVersion(), stat.getPzxid());
    }

    private byte[] dataOrNone(String path, Stat stat) throws Exception {
        try {
            return client.getData().storingStatIn(stat).forPath(path);
        } catch (KeeperException.NoNodeException none) {
            return new byte[0];
        }
    }

    private static Seen seen(Folder folder, LeaseRecord record, int written) {
        return new Seen(
                Optional.of(record), new Version(folder.id(), folder.version(), written).toString(), record.epoch());
    }

    private static LeaseRecord record(Folder folder, byte[] data) {
        String text = new String(data, StandardCharsets.UTF_8);
        try {
            return LeaseRecord.fromJson(text.substring(text.indexOf('\n') + 1));
        } catch (IllegalArgumentException e) {
            throw new BlockedException(
                    "lease.corrupt",
                    Problem.expected("a lease of this DRKit version below " + folder.path() + " in ZooKeeper")
                            .found("something else")
                            .remedy("make sure that no process holds that lease, then delete that node"),
                    e);
        }
    }

    private static <T> T call(String what, Call<T> call) throws InterruptedException {
        try {
            return call.make();
        } catch (InterruptedException | DrException e) {
            throw e;
        } catch (KeeperException.NoAuthException | KeeperException.AuthFailedException e) {
            throw new DeniedException(
                    "lease.denied",
                    Problem.expected(what + " in ZooKeeper")
                            .found(e.code().toString())
                            .remedy("give the client's identity the ACL to create, read and write there"),
                    e);
        } catch (Exception e) {
            throw unknown(what, e);
        }
    }

    private static UnknownOutcomeException unknown(String what, Exception cause) {
        return new UnknownOutcomeException(
                "lease.zookeeper-unknown",
                Problem.expected(what + " in ZooKeeper")
                        .found(cause.toString())
                        .remedy("see that the ensemble has a quorum and can be reached; the lease is looked at again"),
                cause);
    }

    private static ConflictException changed(String name, Seen expected, @Nullable Exception cause) {
        return new ConflictException(
                "lease.changed",
                Problem.expected("the lease " + name + " as it was seen, version " + expected.version())
                        .found("another version")
                        .remedy("look at it again"),
                cause);
    }

    // ---- names: what a path may not hold, or means something there, is written %xx

    private String pathOf(String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("A lease has a name");
        }
        StringBuilder safe = new StringBuilder(root).append('/');
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain =
                    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
            safe.append(plain ? String.valueOf(c) : String.format(Locale.ROOT, "%%%02x", (int) c));
        }
        return safe.toString();
    }

    private static String decoded(String node) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < node.length(); i++) {
            char c = node.charAt(i);
            if (c == '%' && i + 2 < node.length()) {
                bytes.write(Integer.parseInt(node.substring(i + 1, i + 3), 16));
                i += 2;
            } else {
                bytes.write(c);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
