/**
 * What an encoder sends that is not MP3, as a sentence for its user. A SOURCE client gets its 200
 * before the stream, because it waits for that; if it has not waited, what came with its head is
 * looked at first.
 */
import type { RequestHead } from '../../http/server/request-head.js';
import type { Answer } from '../../http/server/response.js';
import { encoderRefusal } from '../../icecast/encoder-refusal.js';
import { createFormatProbe } from '../../mp3/frames/format-probe.js';
import { createFramer } from '../../mp3/frames/framer.js';

/** The end of a stream: an HTTP status, 200 when the encoder has ended it, and a reason. */
export interface Ending {
  readonly status: number;
  readonly reason: string;
}

/** Bytes without a frame after which it is no MP3: one second at 128 kbit/s. Guess. */
const JUNK_BYTES_MAX = 16 * 1024;

const NOTHING: Ending = {
  status: 400,
  reason: 'nothing was received; does a proxy drop the body of the request?',
};

function notMp3(format: string | undefined): Ending {
  const what = format === undefined ? 'This is not MP3' : `This is ${format}, not MP3`;
  return { status: 415, reason: `${what}; only MP3 can be broadcast here` };
}

/** Creates a check that counts the bytes before the first MP3 frame, and names their format. */
export function createFormatCheck() {
  const probe = createFormatProbe();
  let junkBytes = 0;
  return {
    look: probe.look,
    /** True when it is certainly no MP3. */
    addJunk: (bytes: number): boolean => {
      junkBytes += bytes;
      return junkBytes > JUNK_BYTES_MAX;
    },
    problem: (): Ending => (probe.bytes === 0 ? NOTHING : notMp3(probe.format())),
  };
}

/**
 * Refuses a SOURCE client whose first bytes came with its head, and have another format. Undefined:
 * it may be MP3. A PUT is answered at its end anyway.
 */
export function refusedFormat({ method }: RequestHead, rest: Uint8Array): Answer | undefined {
  if (method === 'PUT') return undefined;
  const probe = createFormatProbe();
  probe.look(rest);
  const format = probe.format();
  const isMp3 = format === undefined || createFramer().push(rest).some(isFrame);
  if (isMp3) return undefined;
  const { status, reason } = notMp3(format);
  return encoderRefusal(status, `${reason}.`);
}

const isFrame = ({ kind }: { readonly kind: string }): boolean => kind === 'frame';
