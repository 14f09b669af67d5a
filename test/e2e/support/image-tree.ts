/**
 * What the Dockerfile makes, without Docker: its commands are carried out in a directory, and its
 * program runs there as in a container: with these files only, read-only but for the data, and as
 * the image's user. Only root can do that. `npm run package -- drill container` uses Docker itself.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, type Running, start } from './processes.js';

const DOCKERFILE = join(ROOT, 'scripts/packaging/container/Dockerfile');

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** The instructions of a Dockerfile; lines that end with a backslash are joined. */
function instructions(): readonly Instruction[] {
  const text = readFileSync(DOCKERFILE, 'utf8')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ');
  return text.split('\n').flatMap((line) => {
    const [, word = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    return word === '' ? [] : [{ word, rest }];
  });
}

const CHROOT = '/usr/sbin/chroot';

export interface ImageTree {
  readonly path: string;
  /** The paths of the volumes. */
  readonly volumes: readonly string[];
  /** As the image sets them. */
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthCheck: readonly string[];
  /** Runs a command in it, as in a container. */
  run(command: readonly string[], env?: Readonly<Record<string, string>>): Running;
}

function copy(path: string, rest: string): void {
  if (rest.startsWith('--from')) return; // what the first stage has put where it belongs
  const words = rest.split(' ');
  const target = join(path, words.pop() ?? '');
  for (const source of words) {
    const to = rest.endsWith('/') ? join(target, source) : target;
    cpSync(join(ROOT, source), to, { recursive: true });
  }
}

const listOf = (rest: string): readonly string[] =>
  JSON.parse(rest.slice(rest.indexOf('['))) as string[];

/** What a container engine mounts and writes itself. */
function furnish(path: string): void {
  for (const folder of ['proc', 'dev']) mkdirSync(join(path, folder));
  cpSync('/etc/hosts', join(path, 'etc/hosts'));
}

const INSIDE = `set -e
mount --bind "$TREE" "$TREE"
mount -o remount,bind,ro "$TREE"
mount --rbind /proc "$TREE/proc"
mount --rbind /dev "$TREE/dev"
mount --bind "$DATA" "$TREE$VOLUME"
exec env -i "$@"`;

/** Makes the tree at `path`, whose volume is the directory `data`. */
export function makeImageTree(path: string, data: string): ImageTree {
  const all = instructions();
  const rest = (word: string): string => all.find((one) => one.word === word)?.rest ?? '';
  mkdirSync(path);
  const script = rest('RUN').replaceAll('/image', path);
  execFileSync('sh', ['-c', script], { cwd: ROOT });
  for (const one of all) if (one.word === 'COPY') copy(path, one.rest);
  furnish(path);
  mkdirSync(data, { mode: 0o700 });
  const user = rest('USER');
  const [uid = 0, gid = 0] = user.split(':').map(Number);
  chownSync(data, uid, gid);
  chmodSync(path, 0o755);
  const pairs = all.filter(({ word }) => word === 'ENV').flatMap((one) => one.rest.split(' '));
  const env = Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/).slice(0, 2)));
  return {
    ...{ path, env, volumes: [rest('VOLUME')], entrypoint: listOf(rest('ENTRYPOINT')) },
    ...{ command: listOf(rest('CMD')), healthCheck: listOf(rest('HEALTHCHECK')) },
    run: (command, more = {}) => {
      const variables = Object.entries({ ...env, ...more }).map(
        ([name, value]) => `${name}=${value}`,
      );
      const places = { ...process.env, TREE: path, DATA: data, VOLUME: rest('VOLUME') };
      const shell = ['--mount', '--propagation', 'private', 'sh', '-c', INSIDE, 'sh'];
      // `env` looks programs up in the image's PATH, so chroot of this machine needs its own path.
      const inside = [CHROOT, `--userspec=${user}`, path, ...command];
      return start('unshare', [...shell, ...variables, ...inside], places);
    },
  };
}
