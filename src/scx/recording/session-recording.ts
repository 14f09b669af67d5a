/**
 * The recording of this SCX's session: what the front end's terms mean for the recorder, of which there is
 * one in a cluster, and for those who listen to earlier sound, at every SCX.
 */
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { LeaseTerms } from '../../api/lease.js';
import { recordingFolder } from '../../api/recordings/recording-files.js';
import type { Launch } from '../../api/scx-launch.js';
import type { BackoffRange } from '../../lib/backoff.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import type { SessionIdentity } from '../../session/session-id.js';
import type { Segments } from '../sound/segments.js';
import { createAskStretches } from './ask-stretches.js';
import { createFilling } from './fill-holes.js';
import { findHoles } from './find-holes.js';
import { holeBefore, holeBetween } from './holes.js';
import { createRecorder, type Recorder } from './recorder.js';
import type { Rewind } from './rewind.js';

/** The recording of a session. */
export interface SessionRecording {
  /** Undefined where the operator lets nothing be recorded. */
  readonly recorder: Recorder | undefined;
  /** What the front end says. */
  onTerms(terms: LeaseTerms['recording']): void;
  /** Whether only holders of a ticket listen: what is recorded then stays apart. */
  setPrivate(isPrivate: boolean): void;
  /** Another process goes on. */
  stop(): Promise<void>;
}

export interface SessionRecordingOptions {
  readonly launch: Pick<Launch, 'recording' | 'access' | 'allowPrivate'>;
  readonly name: SessionIdentity;
  readonly segments: Segments;
  readonly rewind: Pick<Rewind, 'setFolder'>;
  readonly log: Logger;
  /** Ms since 1970. Default: the time of this process. */
  readonly wallNow?: () => number;
  /** For tests: how often holes are looked for, and how long is waited after tries, ms. */
  readonly fillEveryMs?: number;
  readonly fillWaits?: BackoffRange;
}

/** Creates a recording that waits for the first terms. */
export function createSessionRecording(options: SessionRecordingOptions): SessionRecording {
  const { launch, name, segments, rewind, log, wallNow = steadyTimeMs } = options;
  const { recording } = launch;
  if (recording === undefined) {
    const nothing = (): void => undefined;
    return {
      recorder: undefined,
      onTerms: nothing,
      setPrivate: nothing,
      stop: async () => nothing(),
    };
  }
  const { root, bytesMax, keepMsMax } = recording;
  const recorder: Recorder = createRecorder({
    ...{ root, bytesMax, keepMsMax, log, segments, wallNow },
    onAppended: (after, stretch) => {
      if (filled === undefined) return;
      const since = wallNow() - filled.keepMs;
      const hole = after ? holeBetween(after, stretch) : holeBefore(stretch, since);
      if (hole !== undefined) filling.add(hole);
    },
  });
  const filling = createFilling({
    ...{ ask: createAskStretches(name, launch.allowPrivate), insert: recorder.insert, log },
    ...{ now: () => performance.now(), everyMs: options.fillEveryMs, waits: options.fillWaits },
    onFilled: async () => {
      await recorder.renumber();
      await lookForHoles();
    },
  });
  let terms: LeaseTerms['recording'] = null;
  let isPrivate = launch.access.privacy !== undefined;
  let isStopped = false;
  /** Where holes are looked for; undefined: nothing is recorded. */
  let filled: { readonly folder: string; readonly keepMs: number } | undefined;

  const lookForHoles = async (): Promise<void> => {
    const at = filled;
    if (at === undefined) return;
    const holes = await findHoles(at.folder, wallNow() - at.keepMs);
    if (filled === at) for (const hole of holes) filling.add(hole);
  };

  const fillIn = (folder: string | undefined, keepMs: number): void => {
    if (filled?.folder === folder && filled?.keepMs === keepMs) return;
    filling.clear();
    filled = folder === undefined ? undefined : { folder, keepMs };
    void lookForHoles().catch(() => undefined);
  };

  const update = (): void => {
    if (isStopped) return;
    const folder = recordingFolder(name, isPrivate);
    const { records = false, others = [], isForeign = false } = terms ?? {};
    const place = isForeign ? recording.foreign : undefined;
    const keepMs = Math.min(terms?.keepMs ?? 0, keepMsMax);
    rewind.setFolder(keepMs > 0 ? join(place?.root ?? root, folder) : undefined);
    recorder.set(records ? { folder, keepMs, place } : undefined);
    // What others have of a private session needs tickets.
    const isFilled = records && keepMs > 0 && !isPrivate && !isForeign;
    fillIn(isFilled ? join(root, folder) : undefined, keepMs);
    filling.setOthers(others);
  };

  return {
    recorder,
    onTerms: (next) => {
      if (next === undefined) return;
      terms = next;
      update();
    },
    setPrivate: (next) => {
      isPrivate = next;
      update();
    },
    stop: async () => {
      isStopped = true;
      filling.close();
      await recorder.close();
    },
  };
}
