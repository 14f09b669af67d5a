/**
 * Which process listens on a TCP port, from /proc (Linux). The table of sockets names the user and
 * an inode; the process with that inode among its open files is visible to its own user and to root
 * only.
 */
import { readdir, readFile, readlink } from 'node:fs/promises';

/** A socket that listens. */
export interface Listening {
  readonly port: number;
  readonly inode: string;
  /** The id of its user. */
  readonly user: number;
}

/** The process that has it; undefined: it belongs to a user whose processes we may not see. */
export interface Holder {
  readonly pid: number;
  /** Its arguments, the program first. */
  readonly command: readonly string[];
}

/** State LISTEN in /proc/net/tcp. */
const LISTENS = '0A';

/**
 * The listening sockets in a text such as /proc/net/tcp: a line for each, in whose fields are the local
 * address and port in hex, the state, the user and the inode.
 */
export function parseListening(text: string): readonly Listening[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [, local = '', , state, , , , user, , inode = ''] = fields;
    const port = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16);
    if (state !== LISTENS || Number.isNaN(port)) return [];
    return [{ port, user: Number(user), inode }];
  });
}

/** All listening sockets of this machine; undefined where there is no /proc. */
export async function listeningSockets(): Promise<readonly Listening[] | undefined> {
  const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
  const texts = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(read));
  return texts.every((text) => text === '') ? undefined : texts.flatMap(parseListening);
}

const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);

/** The inodes of a process's sockets. */
async function socketsOf(pid: string): Promise<readonly string[]> {
  const folder = `/proc/${pid}/fd`;
  const links = (await namesIn(folder)).map((name) =>
    readlink(`${folder}/${name}`).catch(() => ''),
  );
  const targets = await Promise.all(links);
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.slice(1) ?? []);
}

async function commandOf(pid: string): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.split('\0').filter((word) => word !== '');
}

/** The processes that have these sockets, by inode. */
export async function holdersOf(inodes: ReadonlySet<string>): Promise<ReadonlyMap<string, Holder>> {
  const found = new Map<string, Holder>(); // at most one for each inode
  for (const pid of await namesIn('/proc')) {
    if (!/^\d+$/.test(pid) || found.size === inodes.size) continue;
    const held = (await socketsOf(pid)).filter((inode) => inodes.has(inode));
    if (held.length === 0) continue;
    const holder = { pid: Number(pid), command: await commandOf(pid) };
    for (const inode of held) if (!found.has(inode)) found.set(inode, holder);
  }
  return found;
}
