/**
 * The recording of this SCX's session: what the front end's terms mean for the recorder, of which there is
 * one in a cluster, and for those who listen to earlier sound, at every SCX.
 */
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { LeaseTerms } from '../../api/lease.js';
import { recordingFolder } from '../../api/recordings/recording-files.js';
import type { Launch } from '../../api/scx-launch.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import type { SessionIdentity } from '../../session/session-id.js';
import type { Segments } from '../sound/segments.js';
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
  readonly launch: Pick<Launch, 'recording' | 'access'>;
  readonly name: SessionIdentity;
  readonly segments: Segments;
  readonly rewind: Pick<Rewind, 'setFolder'>;
  readonly log: Logger;
}

/** Creates a recording that waits for the first terms. */
export function createSessionRecording(options: SessionRecordingOptions): SessionRecording {
  const { launch, name, segments, rewind, log } = options;
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
  const recorder = createRecorder({
    ...{ root, bytesMax, keepMsMax, log, segments, wallNow: steadyTimeMs },
  });
  let terms: LeaseTerms['recording'] = null;
  let isPrivate = launch.access.privacy !== undefined;
  let isStopped = false;

  const update = (): void => {
    if (isStopped) return;
    const folder = recordingFolder(name, isPrivate);
    const { keepMs = 0, records = false } = terms ?? {};
    rewind.setFolder(keepMs > 0 ? join(root, folder) : undefined);
    recorder.set(records ? { folder, keepMs: Math.min(keepMs, keepMsMax) } : undefined);
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
      await recorder.close();
    },
  };
}
