package io.drkit.testkit.disaster;

import io.drkit.core.Site;
import io.drkit.core.replica.Fence;
import io.drkit.core.share.FileTree;
import io.drkit.core.workload.WorkloadScaler;
import io.drkit.testkit.replica.FakeDatabase;

/**
 * The parts of one simulated site, as one process reaches them: what an application makes its own site type from.
 *
 * @param name {@code west} or {@code east}; clients begin in the west
 * @param database the database server, to be handed to {@link World#promoter()}
 * @param fence stops that server and bars it, over a way of its own that may work when the site does not
 * @param workloads the site's pods
 * @param files the site's share
 * @param host what the application's name points at while this site serves
 * @param databaseHost what the database's name points at while this site's database is the primary
 */
public record SimulatedSite(
        String name,
        FakeDatabase database,
        Fence fence,
        WorkloadScaler workloads,
        FileTree files,
        String host,
        String databaseHost)
        implements Site {}
