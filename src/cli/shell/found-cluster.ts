/** The cluster that the network names, for a command that needs one and was given none (§2.4). */
import { remark } from './output.js';

/** Looks for it, and says so; undefined: there is none. */
export async function foundCluster(): Promise<string | undefined> {
  const { findCluster } = await import('../../client/cluster/find-cluster.js');
  const cluster = await findCluster();
  if (cluster !== undefined) {
    remark(`using the cluster ${cluster.url}, which ${cluster.namedBy} names`);
  }
  return cluster?.url;
}
