package io.drkit.samples.tworegion;

import io.drkit.core.Site;
import io.drkit.core.share.FileTree;
import io.drkit.core.workload.WorkloadScaler;
import io.drkit.postgres.PostgresNode;

/**
 * What one region of the shop is made of.
 *
 * @param name the region
 * @param workloads the region's cluster
 * @param database the region's database server
 * @param files the region's share, mounted here
 * @param ingress where the region's users come in
 * @param databaseHost what clients of the region's database connect to
 */
record ShopSite(
        String name,
        WorkloadScaler workloads,
        PostgresNode database,
        FileTree files,
        String ingress,
        String databaseHost)
        implements Site {}
