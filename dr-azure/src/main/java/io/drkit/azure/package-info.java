/**
 * The DRKit primitives on Azure, with the Azure SDK.
 *
 * <p>This package holds no implementation yet. What will stand here: promotion of PostgreSQL flexible servers, storage account
 * failover, share synchronisation over Azure Files, Data Lake and Blob, DNS and Traffic Manager switches, disk and share
 * snapshots, machine failover and secret replication. Callers bring their own credential; no reactive type leaves the package.
 */
@NullMarked
package io.drkit.azure;

import org.jspecify.annotations.NullMarked;
