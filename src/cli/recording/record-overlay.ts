/** `status --record`: records the overlay of a session at a cluster until Ctrl-C. */
import type { RecordLine } from '../../api/overlay-map/overlay-record.js';
import type { Credentials } from '../../client/cluster/ask-front-end.js';
import { status } from '../../client/cluster/cluster-api.js';
import { followOverlay } from '../../client/cluster/overlay-events.js';
import { excerpt } from '../../lib/excerpt.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { parseSessionRef, refPath } from '../../session/session-id.js';
import { remark, report } from '../shell/output.js';
import { stopSignal } from '../shell/stop-signal.js';
import { openRecording, type RecordingFile } from './recording-file.js';

export interface OverlayRecording {
  readonly cluster: string;
  readonly file: string;
  /** `CREATOR/SESSION`; undefined: the only one that there is. */
  readonly session: string | undefined;
  /** The operator's. */
  readonly credentials: Credentials;
}

/** The session to record. Rejects with a UserError if that is not clear. */
async function sessionOf({ cluster, session }: OverlayRecording): Promise<string> {
  if (session !== undefined) {
    const ref = parseSessionRef(session);
    if (ref.ok) return refPath(ref.value);
    throw new UserError(EXIT.usage, `--session ${excerpt(session)}: ${ref.problems.join('; ')}`);
  }
  const paths = (await status(cluster)).status.sessions.map(({ path }) => path);
  const [only] = paths;
  if (only !== undefined && paths.length === 1) return only;
  const known = paths.length === 0 ? 'it shows none' : paths.slice(0, 5).join(', ');
  throw new UserError(EXIT.usage, `name the session with --session, at this cluster ${known}`);
}

/** Writes the first header and all else; false when the file is full. */
function createWriter(file: RecordingFile): (line: RecordLine) => boolean {
  return (line) => (line.kind === 'recording' && file.lines > 0 ? true : file.write(line));
}

/** Records until it is stopped, or the file is as large as it may become. Rejects with a UserError. */
export async function recordOverlay(recording: OverlayRecording): Promise<void> {
  const { cluster, credentials } = recording;
  const path = await sessionOf(recording);
  const file = openRecording(recording.file);
  const write = createWriter(file);
  const stopping = stopSignal();
  const full = new AbortController();
  report(`recording ${path} to ${recording.file} until Ctrl-C`);
  try {
    await followOverlay({
      ...{ cluster, path, credentials },
      onLine: (line) => {
        if (!full.signal.aborted && !write(line)) full.abort();
      },
      onLost: (reason) =>
        remark(`warning: the overlay is not told any more (${reason}); trying again`),
      signal: AbortSignal.any([stopping, full.signal]),
    });
  } finally {
    file.close();
  }
  if (full.signal.aborted) remark('the recording is as large as it may become, and has ended');
  report(`${file.lines} lines; open them at the page ${cluster}/overlay`);
}
