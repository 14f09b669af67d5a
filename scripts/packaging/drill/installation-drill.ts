/**
 * The installation drill: a machine of its own installs the Debian package, plays sound, restarts,
 * upgrades under a listener, removes and purges (guest.sh says each step). That machine is
 * systemd in a container (`systemd-nspawn`) over a copy-on-write view of this one's files, with a
 * network of its own. It needs root, Debian's systemd-container, logrotate and mpg123, and half a
 * minute; nothing here is changed. Where Debian's lintian is installed, it must have nothing to say.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buildDebianPackage } from '../debian-package.js';
import { checkNeeds } from './needs.js';

const run = (program: string, ...args: string[]): void =>
  void execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });

/** The package again, as a later version would be. */
function laterVersion(path: string, folder: string): string {
  const tree = join(folder, 'later');
  run('dpkg-deb', '-R', path, tree);
  for (const file of ['DEBIAN/control', 'usr/lib/scattercast/package.json']) {
    const text = readFileSync(join(tree, file), 'utf8');
    writeFileSync(join(tree, file), text.replace(/^(\s*"?version"?: *"?)[\d.]+/im, '$1999.0.0'));
  }
  const later = join(folder, 'later.deb');
  run('dpkg-deb', '--root-owner-group', '-Znone', '--build', tree, later);
  return later;
}

const UNIT = (args: string): string => `[Unit]
After=basic.target
Wants=basic.target
[Service]
Type=oneshot
ExecStart=/bin/bash /root/guest.sh ${args}
StandardOutput=file:/root/drill.log
StandardError=inherit
ExecStopPost=/bin/sh -c 'systemctl exit \${EXIT_STATUS:-1}'
`;

/** Puts the drill into the machine that will boot. */
function furnish(machine: string, packages: readonly string[]): void {
  const root = join(machine, 'root');
  for (const path of [...packages, join(import.meta.dirname, 'guest.sh')]) {
    cpSync(path, join(root, basename(path)));
  }
  const args = packages.map((path) => `/root/${basename(path)}`).join(' ');
  writeFileSync(join(machine, 'etc/systemd/system/drill.service'), UNIT(args));
  // Images of containers forbid packages to start services.
  rmSync(join(machine, 'usr/sbin/policy-rc.d'), { force: true });
}

/** Boots the machine, which ends with the drill's exit code. */
function boot(machine: string): number {
  const flags = ['--boot', '--register=no', '--keep-unit', '--private-network', '--quiet'];
  const name = ['--directory', machine, '--machine=scattercast-drill', '--console=pipe'];
  const { status } = spawnSync(
    'systemd-nspawn',
    [...flags, ...name, 'systemd.unit=drill.service'],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  return status ?? 1;
}

/** The package is not compressed, as it is used once. */
const SUPPRESSED = 'uses-no-compression-for-data-tarball,uses-no-compression-for-control-tarball';

/** What Debian's own check says against the package; nothing where that check is not installed. */
function lintianSays(path: string): string {
  const flags = ['--allow-root', '--suppress-tags', SUPPRESSED, path];
  return spawnSync('lintian', flags, { encoding: 'utf8' }).stdout ?? '';
}

interface Drilled {
  readonly log: string;
  readonly held: boolean;
}

/** Runs the drill; returns what it printed, and whether all held. Rejects with a UserError. */
export async function drillInstallation(): Promise<Drilled> {
  checkNeeds('systemd-nspawn', 'dpkg-deb', 'mpg123', 'logrotate', 'curl');
  const folder = mkdtempSync(join(tmpdir(), 'scattercast-drill-'));
  const mounted: string[] = [];
  const mount = (at: string, ...args: string[]): void => {
    run('mount', ...args, at);
    mounted.push(at);
  };
  try {
    mount(folder, '-t', 'tmpfs', '-o', 'size=4g', 'tmpfs');
    const first = await buildDebianPackage({ out: folder, compression: 'none' });
    const against = lintianSays(first);
    const packages = [first, laterVersion(first, folder)];
    const [upper, work, machine] = ['upper', 'work', 'machine'].map((name) => join(folder, name));
    for (const path of [upper, work, machine]) mkdirSync(path as string);
    const layers = `lowerdir=/,upperdir=${upper},workdir=${work}`;
    mount(machine as string, '-t', 'overlay', '-o', layers, 'overlay');
    furnish(machine as string, packages);
    const status = boot(machine as string);
    const log = readFileSync(join(machine as string, 'root/drill.log'), 'utf8');
    return { log: `${against}${log}`, held: status === 0 && against === '' };
  } finally {
    for (const at of mounted.toReversed()) run('umount', at);
    rmSync(folder, { recursive: true });
  }
}
