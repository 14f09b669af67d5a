/**
 * The data directory of a cluster, for the cluster itself and for commands on its machine. A program
 * that can read the secret in it acts for the cluster's operator; the secret itself is never sent
 * (http/cluster-proof.ts).
 */
import { readFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { isLoopback } from '../../http/ip-address.js';
import { EXIT, systemReason, UserError } from '../../lib/user-error.js';
import { stateDirectory } from '../../runtime/directories.js';

/**
 * The directory that was named, or the default for a front end's port. Announcements are state (XDG
 * base directories), not configuration or cache.
 */
export const dataDirectory = (named: string | undefined, port: number): string =>
  named === undefined
    ? join(stateDirectory(process.env), 'scattercast', `cluster-${port}`)
    : resolve(named);

const read = async (directory: string): Promise<string> =>
  (await readFile(`${directory}/secret`, 'utf8')).trim();

/** The cluster's secret. Rejects with a UserError if it cannot be read. */
export async function readSecret(directory: string): Promise<string> {
  try {
    return await read(directory);
  } catch (error) {
    const code = systemReason(error);
    const advice = 'give the same --data or --port as to that cluster, and run as its user';
    throw new UserError(EXIT.file, `no data of a cluster in ${directory} (${code}): ${advice}`);
  }
}

/** Whether a host name or address is this machine. */
function isThisMachine(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '');
  if (name === 'localhost' || name === hostname() || isLoopback(name)) return true;
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === name),
  );
}

/**
 * The secret of the cluster at a URL: in the directory that was named, or else in the default one of a
 * cluster on this machine, if there is one that this user can read.
 */
export async function secretOfCluster(
  cluster: string,
  named: string | undefined,
): Promise<string | undefined> {
  const { hostname: host, port, protocol } = new URL(cluster);
  if (named !== undefined) return readSecret(dataDirectory(named, 0));
  if (!isThisMachine(host)) return undefined;
  const defaultPort = protocol === 'https:' ? 443 : 80;
  return read(dataDirectory(undefined, Number(port || defaultPort))).catch(() => undefined);
}
