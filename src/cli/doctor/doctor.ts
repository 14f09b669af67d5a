/**
 * `scattercast doctor`: says what is wrong with an installation, in sentences that say what to do.
 * It takes the settings of `cluster`, from the same flags, variables and file, and looks at what
 * the cluster needs, whether it runs or not. It changes nothing.
 */

import { clockFacts } from '../../client/cluster/cluster-clock.js';
import { frontEndOn } from '../../cluster/data/lock-file.js';
import { readText, sendRequest } from '../../http/client/plain-request.js';
import { joinHostPort, localHost } from '../../lib/host-port.js';
import { openFilesMax, openFilesMaxOf } from '../../runtime/system/open-files.js';
import { certificateOf } from '../commands/certificate-files.js';
import { dataDirectory } from '../commands/data-directory.js';
import { anyAddress, ownAddress } from '../options/addresses.js';
import { type DoctorSettings, doctorOptions } from '../options/cluster-options.js';
import type { Command } from '../shell/command.js';
import { print, printJson } from '../shell/output.js';
import { addressFacts, checkAddress } from './address-check.js';
import { checkCertificateFiles } from './certificate-check.js';
import { checkClock } from './clock-check.js';
import { checkData, dataFacts } from './data-check.js';
import { type Finding, findings } from './finding.js';
import { checkNode, wantedNode } from './node-check.js';
import { checkOpenFiles } from './open-files-check.js';
import {
  checkFrontEndPorts,
  checkScxPorts,
  frontEndPorts,
  heldPorts,
  openingFails,
  outgoingPorts,
  scxPortsOf,
} from './port-check.js';
import { checkReach, checkReachFrom, HEALTHY } from './reach-check.js';
import { findRoundTrips } from './round-trip-check.js';

/** Something is wrong: what health checks of containers, and scripts, expect. */
const EXIT_PROBLEM = 1;

export const command: Command<typeof doctorOptions> = {
  story:
    'Says what is wrong with the installation of a cluster on this machine: its ports, address, ' +
    'open files, data directory, certificate, clock, and whether others reach it. Give it the ' +
    'flags of the cluster. The exit code is 1 if there is a problem.',
  operands: [],
  options: doctorOptions,
  examples: [
    'scattercast doctor',
    'scattercast doctor --from http://another.example:8000',
    'scattercast doctor --running',
  ],
  run: async (settings) => {
    const found = await (settings.running ? checkRunning(settings) : checkAll(settings));
    const ok = found.every(({ state }) => state !== 'problem');
    await (settings.json ? printJson({ ok, findings: found }) : print(textOf(found)));
    if (!ok) process.exitCode = EXIT_PROBLEM;
  },
};

const textOf = (found: readonly Finding[]): string =>
  found.map(({ state, says }) => `${state.padEnd('problem'.length)}  ${says}\n`).join('');

const ANSWER_MS = 5000;
const cluster = findings('cluster');

/** Whether a cluster answers at the port on this machine. */
async function checkRunning({ port, listen }: DoctorSettings): Promise<readonly Finding[]> {
  const url = `http://${joinHostPort(localHost(listen ?? anyAddress()), port)}/healthz`;
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const answer = await sendRequest({ url: new URL(url), headers: {}, signal });
    const text = await readText(answer, HEALTHY.length);
    if (answer.statusCode === 200 && text === HEALTHY) return [cluster.good('The cluster runs.')];
  } catch {
    // Said below.
  }
  return [cluster.problem(`No cluster answers at ${url}: look at its log, or start it.`)];
}

async function checkAll(settings: DoctorSettings): Promise<readonly Finding[]> {
  const { port, host = ownAddress(), fromCluster } = settings;
  const dataDir = dataDirectory(settings.dataDir, port);
  const pid = await frontEndOn(dataDir);
  const url = `http://${joinHostPort(host, port)}`;
  const groups = await Promise.all([
    checkMachine(settings, dataDir, pid),
    checkPorts(settings, pid),
    addressFacts(host, settings.host !== undefined).then((facts) => [checkAddress(facts)]),
    checkCertificates(settings, host),
    pid === undefined ? [notRunning(dataDir)] : checkReaching(url, fromCluster),
    fromCluster === undefined ? [] : checkClockOf(fromCluster),
    settings.directory === 'off' ? [] : findRoundTrips().then((found) => [found]),
  ]);
  return groups.flat();
}

const notRunning = (dataDir: string): Finding =>
  cluster.unknown(
    `No cluster is seen to run with the data directory ${dataDir}, so whether others reach it ` +
      'was not tried: start it, or run this as its user with its settings.',
  );

async function checkMachine(
  { maxListeners, maxScxs }: DoctorSettings,
  dataDir: string,
  pid: number | undefined,
): Promise<readonly Finding[]> {
  const ofCluster = pid === undefined ? undefined : openFilesMaxOf(pid);
  return [
    checkNode(process.versions.node, wantedNode()),
    checkData(await dataFacts(dataDir)),
    checkOpenFiles({
      ...{ filesMax: ofCluster ?? openFilesMax(), isOfCluster: ofCluster !== undefined },
      ...{ listenersMax: maxListeners, scxsMax: maxScxs },
    }),
  ];
}

async function checkPorts(
  { port, listen, scxPorts }: DoctorSettings,
  pid: number | undefined,
): Promise<readonly Finding[]> {
  const host = listen ?? anyAddress();
  const wanted = [frontEndPorts(port), scxPortsOf(scxPorts)];
  const [held, ofScxs] = await Promise.all(wanted.map((ports) => heldPorts(new Set(ports))));
  const free = frontEndPorts(port).filter((one) => !held?.some((each) => each.port === one));
  const failures: { port: number; code: string }[] = [];
  for (const one of pid === undefined ? free : []) {
    const code = await openingFails(host, one);
    if (code !== undefined) failures.push({ port: one, code });
  }
  return [
    checkFrontEndPorts({ host, port, held, failures, frontEnd: pid }),
    checkScxPorts({
      ...{ range: scxPorts, held: ofScxs, frontEnd: pid },
      outgoing: await outgoingPorts(),
    }),
  ];
}

async function checkCertificates(
  settings: DoctorSettings,
  host: string,
): Promise<readonly Finding[]> {
  const files = certificateOf(settings);
  return files === undefined ? [] : [await checkCertificateFiles(files, host, Date.now())];
}

async function checkReaching(url: string, from: string | undefined): Promise<readonly Finding[]> {
  const reached = [checkReach(url)];
  if (from !== undefined) reached.push(checkReachFrom(from, `${url}/healthz`));
  return Promise.all(reached);
}

async function checkClockOf(from: string): Promise<readonly Finding[]> {
  const facts = await clockFacts(from).catch(() => undefined);
  return facts === undefined ? [] : [checkClock(facts)];
}
