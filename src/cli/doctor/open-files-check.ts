/** Whether the processes may open as many files as the cluster promises connections. */
import { shareFrontEnd } from '../../cluster/open-file-shares.js';
import { shareOpenFiles } from '../../scx/open-file-shares.js';
import { type Finding, findings } from './finding.js';

const { good, warning } = findings('files');

export interface OpenFilesFacts {
  /** The limit; Infinity: none. */
  readonly filesMax: number;
  /** The cluster runs, and this is its limit; otherwise it is that of this shell. */
  readonly isOfCluster: boolean;
  /** `--max-listeners` and `--max-scxs` */
  readonly listenersMax: number;
  readonly scxsMax: number;
}

/** What an SCX needs besides its listeners, generously: an eighth and a quarter of the limit. */
const neededFor = (listeners: number): number => Math.ceil((listeners * 8) / 5 / 1000) * 1000;

/** Compares the limit with what is promised. */
export function checkOpenFiles(facts: OpenFilesFacts): Finding {
  const { filesMax, isOfCluster, listenersMax, scxsMax } = facts;
  const fits = {
    listeners: Math.min(listenersMax, shareOpenFiles(filesMax).listenersMax),
    scxs: Math.min(scxsMax, shareFrontEnd(filesMax, scxsMax).scxsMax),
  };
  const whose = isOfCluster ? 'The running cluster' : 'A cluster that this shell starts';
  const limit = filesMax === Number.POSITIVE_INFINITY ? 'any number of' : filesMax;
  if (fits.listeners === listenersMax && fits.scxs === scxsMax) {
    return good(`${whose} may open ${limit} files: enough for what it promises.`);
  }
  const [listeners, scxs] = [`${fits.listeners} of ${listenersMax}`, `${fits.scxs} of ${scxsMax}`];
  const room = `${listeners} listeners for each SCX, and ${scxs} SCXs`;
  const need = Math.max(neededFor(listenersMax), 4 * scxsMax + 1000);
  const advice = `ulimit -n ${need} before its start, or LimitNOFILE=${need} in its systemd unit`;
  return warning(`${whose} may open ${filesMax} files, which is enough for ${room}: ${advice}.`);
}
