/**
 * Asks an SCX of this cluster what it sees of its session's overlay (scx/port/overlay-stream.ts), and
 * reads its lines until it ends, breaks off, or is not wanted any more.
 */

import type { OverlayLine } from '../../api/overlay-map/overlay-record.js';
import {
  parseRecordLine,
  RECORD_LINE_MAX,
  SCX_OVERLAY,
} from '../../api/overlay-map/overlay-record.js';
import type { ScxStatus } from '../../api/scx-status.js';
import { sendRequest } from '../../http/client/plain-request.js';
import { PROOF_FIELD, proveRequest } from '../../http/cluster-proof.js';
import { urlHost } from '../../lib/host-port.js';
import type { ScxHostOf } from '../ports/scx-host.js';

export interface ScxOverlayOptions {
  readonly scxHostOf: ScxHostOf;
  /** The cluster's secret. */
  readonly secret: string;
}

/** Reads what an SCX tells; resolves when it tells no more, rejects when it cannot be asked. */
export type ReadScxOverlay = (
  scx: ScxStatus,
  onLine: (line: OverlayLine) => void,
  signal: AbortSignal,
) => Promise<void>;

/** Takes pieces of text, and hands on the lines; a longer one is dropped. */
function createLineSplitter(onLine: (line: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = `${rest}${text}`.split('\n');
    rest = (lines.pop() ?? '').slice(0, RECORD_LINE_MAX + 1);
    for (const line of lines) onLine(line);
  };
}

/** Creates the reader of this cluster's SCXs. */
export function createScxOverlay({ scxHostOf, secret }: ScxOverlayOptions): ReadScxOverlay {
  return async ({ httpUrl }, onLine, signal) => {
    const url = new URL(SCX_OVERLAY, httpUrl);
    url.protocol = 'http:';
    url.hostname = urlHost(scxHostOf(httpUrl));
    const proof = proveRequest(secret, { method: 'GET', target: SCX_OVERLAY });
    const headers = { [PROOF_FIELD]: proof.value, connection: 'close' };
    const answer = await sendRequest({ url, headers, signal });
    if (answer.statusCode !== 200) {
      answer.destroy();
      throw new Error(`the SCX answers ${answer.statusCode}`);
    }
    const split = createLineSplitter((text) => {
      const line = parseRecordLine(text);
      if (line !== undefined && line.kind !== 'recording') onLine(line);
    });
    for await (const text of answer.setEncoding('utf8') as AsyncIterable<string>) split(text);
  };
}
