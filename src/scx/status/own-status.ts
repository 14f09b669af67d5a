/**
 * The part of an SCX's status that its own parts know; the overlay's part is added in draw-status.ts.
 * The status is read by the lease, by the pages and by the cluster's `GET /status`.
 */
import type { Launch } from '../../api/scx-launch.js';
import type { ScxStatus } from '../../api/scx-status.js';
import type { GossamerView } from '../../gossamer/view.js';
import { uptimeMs } from '../../http/cluster-proof.js';
import { networkOf } from '../../http/ip-address.js';
import { printInstant } from '../../lib/instant.js';
import { parseFrameHeader } from '../../mp3/frames/frame-header.js';
import { dropAbsent } from '../../session/drop-absent.js';
import type { HandOverState } from '../hand-over/hand-over-state.js';
import type { Retirement } from '../hand-over/retirement.js';
import type { Ingest } from '../ingest/ingest.js';
import type { ListenerIdentities } from '../listeners/listener-identities.js';
import type { Playout } from '../listeners/playout.js';
import type { Multicast } from '../multicast/multicast.js';
import type { Recorder } from '../recording/recorder.js';
import type { AttachedSources } from '../sources/attached-sources.js';
import type { SourceLogin } from '../sources/source-login.js';
import type { TitleMemory } from '../sources/title-memory.js';
import { drawStatus, type OwnFacts } from './draw-status.js';

/** The parts whose state is shown. */
export interface OwnStatusOptions {
  readonly launch: Launch;
  /** When the process started, ISO 8601. */
  readonly startedAt: string;
  readonly playout: Playout;
  readonly identities: ListenerIdentities;
  readonly recorder: Pick<Recorder, 'status'> | undefined;
  readonly sources: AttachedSources;
  readonly handOver: HandOverState;
  readonly retirement: Pick<Retirement, 'leavesWithinMs'>;
  readonly titles: TitleMemory;
  readonly ingest: Pick<Ingest, 'mountOf'>;
  readonly login: Pick<SourceLogin, 'nameOf' | 'refusals'>;
  readonly multicast: Pick<Multicast, 'status'>;
  view(): GossamerView;
  /** The stream's URL. */
  httpUrl(): string;
  /** Whether the SCX is a rendezvous point, or is kept for another reason. */
  isPinned(): boolean;
  now(): number;
  /** Measures silence (runtime/attended-clock.ts), ms. */
  attended(): number;
}

/** An instant of the monotonic clock as the time of day at which this process began to count. */
const wallClock = (instant: number): string =>
  new Date(Math.round(performance.timeOrigin + instant)).toISOString();

/** The form of the newest frame. */
function formatOf({ ring }: Playout): Pick<ScxStatus, 'sampleRateHz' | 'audioChannels'> {
  const header = ring.newest && parseFrameHeader(ring.newest.bytes, 0);
  if (header === undefined) return {};
  const { sampleRateHz, channelMode } = header;
  return { sampleRateHz, audioChannels: channelMode === 'mono' ? 1 : 2 };
}

/** The renditions that are offered, and how many listeners each one has. */
function renditionsOf({ renditions, listeners }: Playout): ScxStatus['renditions'] {
  if (renditions.rates.length === 0) return undefined;
  const [counts, { active }] = [listeners.byRendition(), renditions];
  return renditions.rates.map((kbps) => ({
    ...{ kbps, listeners: counts.get(kbps) ?? 0, made: active.includes(kbps) },
  }));
}

/** Who was not let in, without addresses: those are people's. */
function refusedBy({ refusals }: Pick<SourceLogin, 'refusals'>): Pick<ScxStatus, 'refused'> {
  if (refusals.length === 0) return {};
  const refused = refusals.map(({ address, reason, count, lastMs }) => ({
    ...{ network: networkOf(address), reason, count, lastAt: printInstant(lastMs) },
  }));
  return { refused };
}

/** The status at this moment. */
export function drawOwnStatus(options: OwnStatusOptions): ScxStatus {
  const { launch, playout, handOver } = options;
  const { audience } = playout;
  const since = playout.playing() === undefined ? undefined : playout.onAir.since;
  const own: OwnFacts = {
    session: launch.session,
    pid: process.pid,
    httpUrl: options.httpUrl(),
    rendezvous: options.isPinned(),
    startedAt: options.startedAt,
    listeners: audience.count,
    listenersPeak: audience.peak,
    listenersTotal: options.identities.total(options.now()),
    listenersUnique: options.identities.present,
    averageListeningS: Math.round(options.identities.averageMs(options.now()) / 1000),
    listenersMax: launch.listenersMax,
    attachedSources: options.sources.count,
    playing: playout.playing() ?? null,
    title: playout.onAir.title,
    encoderTitles: [...options.titles.all()],
    bitrateKbps: playout.bitrateKbps() ?? null,
    ...formatOf(playout),
    ...refusedBy(options.login),
    ...dropAbsent({
      playingSince: since === undefined ? undefined : wallClock(since),
      version: launch.version,
      service: launch.service,
      machine: launch.machine,
      clockMs: launch.machine === undefined ? undefined : uptimeMs(),
      leavesWithinMs: handOver.leavesWithinMs ?? options.retirement.leavesWithinMs,
      failedSuccessor: handOver.failedSuccessor,
      segment: playout.segments.place(),
      recording: options.recorder?.status(),
      renditions: renditionsOf(playout),
      multicast: options.multicast.status(),
    }),
  };
  const silent = playout.onAir.silent(options.attended());
  return drawStatus(options.view(), own, {
    ...{ silent, mountOf: options.ingest.mountOf, nameOf: options.login.nameOf },
  });
}
