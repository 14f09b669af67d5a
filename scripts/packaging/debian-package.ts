/**
 * Builds the Debian package: a tree of files as they are installed, the control files, and
 * `dpkg-deb`, which makes the archive. No other tool of Debian's is needed, and no network.
 *
 * The package brings its own Node, because Debian 12 has Node 18. Node needs only libraries that
 * every Debian has; the oldest C library that it runs with is read from its binary.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { EXIT, UserError } from '../../src/lib/user-error.js';
import { manPage } from './man-page.js';
import { neededLibraries, oldestLibc } from './node-binary.js';
import { licences, placeDocuments, placeProgram, textOf } from './program-files.js';

const COMPRESSIONS = ['xz', 'gzip', 'none'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

export const isCompression = (word: string): word is Compression =>
  (COMPRESSIONS as readonly string[]).includes(word);

export interface DebianOptions {
  /** The directory that gets the package. */
  readonly out: string;
  readonly compression: Compression;
}

const HERE = import.meta.dirname;
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
const MAINTAINER = 'The Scattercast authors <scattercast@localhost>';
const SCRIPTS = ['postinst', 'prerm', 'postrm'];
const CONFFILES = ['/etc/scattercast.json', '/etc/logrotate.d/scattercast'];
const [PLAIN, EXECUTABLE] = [0o644, 0o755];

/** Builds the package; returns its path. Rejects with a UserError where this machine cannot. */
export async function buildDebianPackage({ out, compression }: DebianOptions): Promise<string> {
  const tree = mkdtempSync(join(tmpdir(), 'scattercast-deb-'));
  try {
    placeFiles(tree);
    await placeManual(join(tree, 'usr/share/man/man1'));
    placeControl(tree);
    setModes(tree);
    const path = join(resolve(out), `scattercast_${version()}_${architecture()}.deb`);
    mkdirSync(resolve(out), { recursive: true });
    const flags = ['--root-owner-group', `-Z${compression}`, '--build', tree, path];
    execFileSync('dpkg-deb', flags, { stdio: ['ignore', 'ignore', 'inherit'] });
    return path;
  } finally {
    rmSync(tree, { recursive: true });
  }
}

const version = (): string => (JSON.parse(textOf('package.json')) as { version: string }).version;

function architecture(): string {
  const found = ARCHITECTURES[process.arch];
  if (process.platform === 'linux' && found !== undefined) return found;
  const where = `${process.platform}-${process.arch}`;
  throw new UserError(EXIT.usage, `a Debian package of ${where} cannot be built`);
}

/** Where the files lie that are packed as they are. */
const PLACES: Readonly<Record<string, string>> = {
  'debian/scattercast.sh': 'usr/bin/scattercast',
  'debian/scattercast.json': 'etc/scattercast.json',
  'acme/acme-hook': 'usr/lib/scattercast/bin/acme-hook',
  'debian/logrotate': 'etc/logrotate.d/scattercast',
  'debian/lintian-overrides': 'usr/share/lintian/overrides/scattercast',
  'systemd/scattercast.service': 'lib/systemd/system/scattercast.service',
  'systemd/scattercast.socket': 'lib/systemd/system/scattercast.socket',
};

function placeFiles(tree: string): void {
  placeProgram(join(tree, 'usr/lib/scattercast'));
  const documents = join(tree, 'usr/share/doc/scattercast');
  placeDocuments(documents);
  writeFileSync(join(documents, 'copyright'), textOf('LICENSE'));
  writeFileSync(join(documents, 'third-party-licences'), `${licences()}\n`);
  writeFileSync(join(documents, 'changelog.gz'), compressed(debianChangelog()));
  for (const [from, to] of Object.entries(PLACES)) cpSync(join(HERE, from), join(tree, to));
}

/** Compressed without the time of the build, so that the same checkout makes the same file. */
const compressed = (text: string): Buffer => gzipSync(text, { level: 9 });

async function placeManual(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const page = await manPage(version(), builtAt().toISOString().slice(0, 10));
  writeFileSync(join(folder, 'scattercast.1.gz'), compressed(page));
}

/** The time of the build, or the one that a reproducible build is told. */
function builtAt(): Date {
  const { SOURCE_DATE_EPOCH } = process.env;
  return new Date(SOURCE_DATE_EPOCH === undefined ? Date.now() : Number(SOURCE_DATE_EPOCH) * 1000);
}

/** Debian's form of a list of changes, which leads to ours. */
const debianChangelog = (): string => `scattercast (${version()}) unstable; urgency=medium

  * See CHANGELOG.md beside this file.

 -- ${MAINTAINER}  ${builtAt().toUTCString().replace('GMT', '+0000')}
`;

function filesBelow(tree: string): readonly string[] {
  const entries = readdirSync(tree, { recursive: true, withFileTypes: true });
  return entries
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

function placeControl(tree: string): void {
  const files = filesBelow(tree);
  const sum = (path: string): string =>
    `${createHash('md5').update(readFileSync(path)).digest('hex')}  ${relative(tree, path)}\n`;
  const bytes = files.reduce((total, path) => total + statSync(path).size, 0);
  const folder = join(tree, 'DEBIAN');
  mkdirSync(folder);
  writeFileSync(join(folder, 'md5sums'), files.map(sum).join(''));
  writeFileSync(join(folder, 'conffiles'), `${CONFFILES.join('\n')}\n`);
  writeFileSync(join(folder, 'control'), controlText(Math.ceil(bytes / 1024)));
  for (const name of SCRIPTS) cpSync(join(HERE, 'debian', name), join(folder, name));
}

/** The packages that it needs, for the Node that is packed. */
const depends = (node: string): string =>
  ['adduser', `libc6 (>= ${oldestLibc(node)})`, ...neededLibraries(node)].join(', ');

const controlText = (kilobytes: number): string => `Package: scattercast
Version: ${version()}
Architecture: ${architecture()}
Maintainer: ${MAINTAINER}
Section: sound
Priority: optional
Installed-Size: ${kilobytes}
Pre-Depends: init-system-helpers (>= 1.54~)
Depends: ${depends(process.execPath)}
Recommends: iproute2, logrotate
Description: radio for a large audience, without a content delivery network
 A cluster of relays that carry MP3 from a broadcaster to any number of
 players. The relays of a session find each other, measure each other, and
 build the tree that carries the sound; when one dies, the others rebuild the
 tree. Existing players and encoders work unchanged.
 .
 The package starts a cluster as a hardened systemd service, and brings the
 Node.js that it needs.
`;

const RUN_FOLDERS = ['usr/bin', 'usr/lib/scattercast/bin', 'DEBIAN'];
const isRun = (path: string): boolean =>
  RUN_FOLDERS.includes(dirname(path)) && (!path.startsWith('DEBIAN') || isScript(path));
const isScript = (path: string): boolean => SCRIPTS.includes(basename(path));

/** The modes of an installation, whatever the mask of the user who builds. */
function setModes(tree: string): void {
  const entries = readdirSync(tree, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const isOpen = entry.isDirectory() || isRun(relative(tree, path));
    chmodSync(path, isOpen ? EXECUTABLE : PLAIN);
  }
  chmodSync(tree, EXECUTABLE);
}
