/**
 * The metrics of one SCX, for `GET /metrics`: every counter of its parts, with a name and a help text.
 * Names are a public interface; docs/ and dashboards refer to them.
 */
import type { GossamerView } from '../../gossamer/view.js';
import type { HeadGateCounters } from '../../http/server/head-gate.js';
import type { OverlayCounters } from '../../overlay/sockets/counters.js';
import type { RenditionKbps } from '../../session/renditions.js';
import type { HookCounters } from '../listeners/listener-hook.js';
import type { Listeners } from '../listeners/listeners.js';
import type { Playout } from '../listeners/playout.js';
import type { PollingListeners } from '../listeners/polling-listeners.js';
import type { Receivers } from '../receivers/receivers.js';
import type { Recorder } from '../recording/recorder.js';
import type { Renditions } from '../renditions/renditions.js';
import type { AudioRing } from '../sound/audio-ring.js';
import type { OnAir } from '../sound/on-air.js';
import type { AttachedSources } from '../sources/attached-sources.js';
import type { SourceLogin } from '../sources/source-login.js';
import type { Metric } from './metric.js';

/** The parts that count. */
export interface Counted {
  readonly view: GossamerView;
  /** Counters of the overlay's connections. */
  readonly overlay: Readonly<OverlayCounters>;
  readonly ring: AudioRing;
  readonly listeners: Listeners;
  readonly polling: PollingListeners;
  readonly audience: Playout['audience'];
  readonly renditions: Pick<Renditions, 'active' | 'here' | 'counters'>;
  /** The renditions that are made here for encoders. Default: none. */
  readonly making?: ReadonlySet<RenditionKbps>;
  readonly onAir: OnAir;
  readonly sources: AttachedSources;
  readonly receivers: Pick<Receivers, 'count' | 'counters' | 'ofGroup' | 'groupCounters'>;
  readonly login: SourceLogin;
}

const counter = (name: string, help: string, value: number): Metric => ({
  kind: 'counter',
  name: `${name}_total`,
  help,
  value,
});

const gauge = (name: string, help: string, value: number): Metric => ({
  kind: 'gauge',
  name,
  help,
  value,
});

const snake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

function listenerMetrics({ listeners, polling, audience }: Counted): Metric[] {
  const { accepted, full, offAir, skipped, idle, bytes } = listeners.counters;
  return [
    gauge('listeners', 'Listeners that hear something', audience.count),
    gauge('listeners_hls', 'Those of them that listen by HLS', polling.count),
    gauge('listeners_rewinding', 'Those of them that hear earlier sound', listeners.rewinding),
    gauge('listeners_waiting', 'Listeners that wait for the first audio', listeners.waiting),
    gauge('listeners_peak', 'Most listeners at a time', audience.peak),
    counter('listeners_accepted', 'Listeners let in', accepted),
    counter('listeners_full', 'Refused: the SCX was full', full),
    counter('listeners_off_air', 'Refused: nothing was on the air', offAir),
    counter('listeners_skipped', 'Times that a slow listener skipped to live', skipped),
    counter('listeners_idle', 'Closed: they took nothing', idle),
    counter('listener_bytes', 'Audio handed to listeners, bytes', bytes),
  ];
}

function renditionMetrics({ renditions, listeners, making }: Counted): Metric[] {
  const { active, here, counters } = renditions;
  const { frames, bytes, threadsLost, framesLost, framesTaken, takenOver } = counters;
  const taken = active.length - here.length;
  const made = here.length + (making?.size ?? 0);
  const heard = [...listeners.byRendition().values()].reduce((sum, count) => sum + count, 0);
  return [
    gauge('renditions_made', 'Renditions that are being made here', made),
    gauge('renditions_taken', 'Renditions that are heard, and come from their source', taken),
    gauge('listeners_renditions', 'Those of the listeners that hear a rendition', heard),
    counter('rendition_frames', 'Frames made here for renditions', frames),
    counter('rendition_bytes', 'Their bytes', bytes),
    counter(
      'rendition_frames_taken',
      'Frames of renditions that came from their source',
      framesTaken,
    ),
    counter('renditions_taken_over', 'Renditions that were made here as none came', takenOver),
    counter('rendition_threads_lost', 'Threads of renditions that had to be replaced', threadsLost),
    counter('rendition_frames_lost', 'Frames that could not be made', framesLost),
  ];
}

function receiverMetrics({ receivers }: Counted): Metric[] {
  const { accepted, refused, silent, idle, skipped } = receivers.counters;
  return [
    gauge(
      'receivers',
      'Those of the listeners that receive by "scattercast tune"',
      receivers.count,
    ),
    counter('receivers_accepted', 'Clients that receive, let in', accepted),
    counter('receivers_refused', 'Clients that receive, refused', refused),
    counter('receivers_silent', 'Closed: no KEEP_ALIVE came', silent),
    counter('receivers_idle', 'Closed: they took nothing', idle),
    counter('receivers_skipped', 'Times that a slow one went on with what is recent', skipped),
    ...groupMetrics(receivers),
  ];
}

/** The group of the local network; nothing without one. */
function groupMetrics({ counters, ofGroup, groupCounters }: Counted['receivers']): Metric[] {
  const group = groupCounters();
  if (group === undefined) return [];
  return [
    gauge('multicast_receivers', 'Clients that receive by the group', ofGroup.moved),
    counter('multicast_moved', 'Times that one was moved to the group', counters.moved),
    counter('multicast_moved_back', 'Times that one has come back from it', counters.movedBack),
    counter('multicast_datagrams', 'Datagrams with ADUs sent to the group', group.sent),
    counter('multicast_bytes', 'Bytes sent to the group', group.bytes),
    counter('multicast_requests', 'Requests for what was lost', group.asked),
    counter('multicast_requests_refused', 'Requests over a budget', group.refused),
    counter('multicast_repaired', 'ADUs that were sent again', group.repaired),
  ];
}

function sourceMetrics({ sources, login, onAir, ring }: Counted): Metric[] {
  const { attached, refused, resumed, published, dropped } = sources.counters;
  const { missing, wrong } = login.counters;
  return [
    gauge('sources_attached', 'Source clients attached here', sources.count),
    counter('sources_accepted', 'Source clients let in', attached),
    counter('sources_refused', 'Source clients refused', refused),
    counter('sources_without_password', 'Refused: the source password was missing', missing),
    counter('sources_wrong_password', 'Refused: the source password was wrong', wrong),
    counter('sources_resumed', 'Source clients that came back in time', resumed),
    counter('source_adus', 'ADUs taken from source clients', published),
    counter('source_adus_dropped', 'ADUs of source clients that did not pass the checks', dropped),
    counter('adus_malformed', 'ADUs that hold no MP3 frame or no notice', onAir.malformed),
    gauge('ring_ms', 'Audio in memory, ms', ring.durationMs),
    gauge('ring_bytes', 'Audio in memory, bytes', ring.bytes),
  ];
}

function overlayMetrics({ view }: Counted): Metric[] {
  const flows = view.sources.flatMap((source) => source.flows);
  const sum = (pick: (flow: (typeof flows)[number]) => number): number =>
    flows.reduce((total, flow) => total + pick(flow), 0);
  return [
    gauge('neighbours', 'Mesh edges', view.neighbours.length),
    gauge('avoided', 'SCXs avoided now, as they did not deliver', view.avoided.now.length),
    counter(
      'times_avoided',
      'Times that an SCX was left and avoided, as it did not deliver what it had promised',
      view.avoided.times,
    ),
    gauge('members', 'SCXs known in the session', view.membersKnown),
    gauge('sources', 'AttachedSources known in the session', view.sources.length),
    // Gauges, because the counts of a source end with it.
    gauge(
      'adus_received',
      'ADUs received, present sources',
      sum((flow) => flow.received),
    ),
    gauge(
      'adus_delivered',
      'ADUs delivered, present sources',
      sum((flow) => flow.delivered),
    ),
    gauge(
      'adus_forwarded',
      'ADUs forwarded, present sources',
      sum((flow) => flow.forwarded),
    ),
    gauge(
      'adus_duplicate',
      'ADUs received twice, present sources',
      sum((flow) => flow.duplicate),
    ),
    gauge(
      'adus_missed',
      'ADUs given up, present sources',
      sum((flow) => flow.missed),
    ),
  ];
}

const byCause = (name: string, help: string, counts: Readonly<Record<string, number>>): Metric[] =>
  Object.entries(counts).map(([cause, value]) => ({ ...counter(name, help, value), cause }));

function disturbanceMetrics({ view }: Counted): Metric[] {
  const { failovers, stallMs, repaired, lost } = view.disturbances;
  return [
    ...byCause('failovers', 'Changes of parent while the audio was flowing', failovers),
    counter('stall_ms', 'Time without audio when some was due, ms', stallMs),
    ...byCause('frames_repaired', 'Frames that came late, but in time to be played', repaired),
    ...byCause('frames_lost', 'Frames that never came', lost),
  ];
}

function connectionMetrics({ overlay }: Counted): Metric[] {
  const { malformedFrames, lotsRefused, sourcesRefused, ...counts } = overlay;
  const faults = Object.entries(malformedFrames).map(([fault, count]) =>
    counter(
      `overlay_malformed_${fault}`,
      'Overlay connections closed because of such a frame',
      count,
    ),
  );
  const others = Object.entries(counts).map(([name, count]) =>
    counter(`overlay_${snake(name)}`, 'See the overlay counters', count),
  );
  const lots = Object.entries(lotsRefused).map(([why, count]) =>
    counter(`overlay_lots_${why}`, 'Lots of ADUs that were not believed, by reason', count),
  );
  const sources = Object.entries(sourcesRefused).map(([why, count]) =>
    counter(`overlay_sources_${why}`, 'Sources in routes that were not believed', count),
  );
  return [...faults, ...lots, ...sources, ...others];
}

/** The counters of the HTTP port. */
export interface PortCounted {
  readonly headGate: Readonly<HeadGateCounters>;
  /** Different listeners since the start. */
  readonly listenersTotal: number;
  /** Lines of the access log that were lost. */
  readonly linesLost: number;
  /** Encoders whose connection came from the front end. */
  readonly encodersTaken: number;
  /** Connections that were closed because there were too many. */
  readonly dropped: number;
  /** Listeners that another SCX serves through this one. */
  readonly movedListeners: number;
  /** Undefined where nothing may be recorded. */
  readonly recorder: Pick<Recorder, 'counters' | 'status'> | undefined;
  /** Of the listener hook; undefined without one. */
  readonly hook: Readonly<HookCounters> | undefined;
}

function hookMetrics(counters: Readonly<HookCounters> | undefined): Metric[] {
  if (counters === undefined) return [];
  const { asked, denied, failed, lost } = counters;
  return [
    counter('listener_hook_asked', 'Listeners about whom the hook was to be asked', asked),
    counter('listener_hook_denied', 'Refused: the hook denied them', denied),
    counter('listener_hook_failed', 'Questions that the hook did not answer in time', failed),
    counter('listener_hook_lost', 'Ends of listeners, and events of sources, not taken', lost),
  ];
}

function recorderMetrics(recorder: PortCounted['recorder']): Metric[] {
  if (recorder === undefined) return [];
  const { bytes, filledBytes, failures } = recorder.counters;
  const isRecording = recorder.status()?.state === 'recording';
  return [
    gauge('recording', '1 while what is played is recorded', Number(isRecording)),
    counter('recorded_bytes', 'Audio written to recordings, bytes', bytes),
    counter('recording_filled_bytes', 'Audio from other clusters in recordings', filledBytes),
    counter('recording_failures', 'Times that a recording has stopped', failures),
  ];
}

/** The metrics of the HTTP port at this moment. */
export function drawPortMetrics(counted: PortCounted): Metric[] {
  const { headGate, listenersTotal, linesLost, dropped, encodersTaken } = counted;
  const { movedListeners, hook, recorder } = counted;
  return [
    counter(
      'listeners_different',
      'Different listeners; one that comes back at once is the same',
      listenersTotal,
    ),
    gauge('listeners_moved', 'Listeners that another SCX serves through this one', movedListeners),
    counter('http_connections', 'Connections to the HTTP port', headGate.entered),
    counter('http_malformed', 'Malformed or oversized requests', headGate.malformed),
    counter('http_slow', 'Requests that did not come in time', headGate.slow),
    counter(
      'http_crowded_out',
      'Incomplete requests closed because there were too many',
      headGate.evicted,
    ),
    counter('encoders_taken', 'Encoders that the front end has handed over', encodersTaken),
    counter('http_dropped', 'Connections closed because there were too many', dropped),
    counter('access_lines_lost', 'Lines that the access log lost', linesLost),
    ...hookMetrics(hook),
    ...recorderMetrics(recorder),
  ];
}

/** The metrics of an SCX without its HTTP port, at this moment. */
export function drawScxMetrics(counted: Counted): Metric[] {
  return [
    ...listenerMetrics(counted),
    ...receiverMetrics(counted),
    ...renditionMetrics(counted),
    ...sourceMetrics(counted),
    ...overlayMetrics(counted),
    ...disturbanceMetrics(counted),
    ...connectionMetrics(counted),
  ];
}
