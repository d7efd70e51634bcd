package io.drkit.k8s;

/**
 * The pods that one workload still lacks.
 *
 * @param who namespace and workload, for a person
 * @param namespace where they are made
 * @param need what each of them needs
 * @param places how many need a place on a node
 * @param pods how many of them do not exist yet
 */
record Demand(String who, String namespace, PodNeed need, int places, int pods) {}
