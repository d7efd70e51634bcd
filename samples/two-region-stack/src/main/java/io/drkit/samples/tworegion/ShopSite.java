package io.drkit.samples.tworegion;

import io.drkit.core.Site;
import io.drkit.core.replica.Fence;
import io.drkit.core.share.FileTree;
import io.drkit.core.workload.WorkloadScaler;

/**
 * What one region of the shop is made of.
 *
 * @param <D> what names a database server: a PostgreSQL node in earnest, a fake in a test
 * @param name the region
 * @param workloads the region's cluster
 * @param database the region's database server
 * @param fence bars that server from taking writes, when it may be dead
 * @param files the region's share, mounted here
 * @param ingress where the region's users come in
 * @param databaseHost what clients of the region's database connect to
 */
record ShopSite<D>(
        String name,
        WorkloadScaler workloads,
        D database,
        Fence fence,
        FileTree files,
        String ingress,
        String databaseHost)
        implements Site {}
