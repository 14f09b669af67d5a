/**
 * An encoder as a source client (sources/source-client.ts): the same checks, limits and grace periods
 * hold for it as for a broadcaster, although it speaks Icecast's protocol and is turned into a source
 * by this process.
 *
 * What an encoder sends within a tenth of a second is sent on together, as `broadcast` does it
 * (pacer.ts): each SCX of the session then reads, verifies, forwards and writes ten times per second
 * instead of forty times. This process signs for the encoder, which knows no such thing.
 *
 * Bounded: what waits came within TOGETHER_MS, and encoder-pace.ts lets only some seconds of audio
 * through.
 */
import type { Source } from '../../gossamer/core/node.js';
import type { LotSigner, UnsignedAdu } from '../../overlay/lots/lot-signer.js';
import { STATE_AGAIN_MS } from '../../overlay/lots/source-statement.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import { AUDIO_CHANNEL, TITLE_CHANNEL } from '../../session/channels.js';
import type { PublicKey } from '../../session/public-key.js';
import {
  type RenditionKbps,
  renditionChannel,
  renditionsOfChannels,
} from '../../session/renditions.js';
import type { RenditionMaker, SourceFrame } from '../../transcode/rendition-maker.js';
import type { SourceClient, SourceClientEvents } from '../sources/source-client.js';

/** An ADU before it is sent: its time stamp is added then. */
type Unsent = Omit<UnsignedAdu, 'timestampMs'>;

/** An encoder: `client` is what the attached sources see, the rest is what its stream does. */
export interface EncoderClient {
  readonly client: SourceClient;
  /** Sends an ADU, in order, at once or with those that follow. */
  publish(adu: Unsent): void;
  /** Signs and sends frames of a rendition at once; false: the SCX takes no more. */
  sendMade(kbps: RenditionKbps, frames: readonly SourceFrame[]): boolean;
  /** The encoder is connected, though it sends no sound. */
  keepAlive(): void;
  /** The encoder is gone. What it published is sent. */
  close(reason: string): void;
}

export interface EncoderClientOptions {
  readonly source: Source;
  /** Signs for it that it is attached here. */
  state(source: Source): Source;
  /** The source key of the encoder. */
  readonly key: PublicKey;
  readonly remoteAddress: string;
  /** Signs for the encoder. */
  readonly signer: LotSigner;
  /** Makes its renditions. Default: they are not made here. */
  readonly maker?: Pick<RenditionMaker, 'want' | 'take'> | undefined;
  /** Called when the SCX has closed the client, but not after `close`. */
  onClosed(reason: string): void;
}

/** Time between two sends, ms; see PacerConfig.togetherMs. */
const TOGETHER_MS = 100;

/** Events before the SCX listens, and after the end. */
const UNHEARD: SourceClientEvents = {
  onAdu: () => undefined,
  onKeepAlive: () => undefined,
  onStated: () => undefined,
  onLeaving: () => undefined,
  onClose: () => undefined,
};

/**
 * Creates a batch that collects ADUs and passes them to `send` together; the first after a pause at
 * once.
 */
function createBatch(send: (adus: readonly Unsent[]) => void) {
  const waiting: Unsent[] = [];
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    send(waiting.splice(0));
  };

  const onTimer = (): void => {
    timer = waiting.length === 0 ? undefined : setTimeout(onTimer, TOGETHER_MS);
    flush();
  };

  return {
    add: (adu: Unsent): void => {
      waiting.push(adu);
      if (timer === undefined) onTimer();
      else if (adu.channel === TITLE_CHANNEL) flush();
    },
    flush,
    stop: (): void => clearTimeout(timer),
  };
}

/** The frames of the sound among what was sent. */
const sound = (adus: readonly Unsent[], timestampMs: number): SourceFrame[] =>
  adus
    .filter(({ channel }) => channel === AUDIO_CHANNEL)
    .map(({ sequence, payload }) => ({ sequence, payload, timestampMs }));

/** Creates the client of one encoder. */
export function createEncoderClient(options: EncoderClientOptions): EncoderClient {
  const { key, remoteAddress, signer, state, onClosed } = options;
  const source = state(options.source);
  let statedAt = performance.now();
  let events = UNHEARD;
  let isClosed = false;
  const batch = createBatch((adus) => {
    const timestampMs = steadyTimeMs();
    for (const adu of signer.sign(adus.map((unsent) => ({ ...unsent, timestampMs })))) {
      if (isClosed) return; // closed because of an ADU before this one
      events.onAdu(adu);
    }
    options.maker?.take(sound(adus, timestampMs));
  });

  /** Sends what waits, and nothing after it; false if the SCX has closed the client. */
  const end = (): boolean => {
    if (!isClosed) batch.flush();
    if (isClosed) return false;
    isClosed = true;
    batch.stop();
    return true;
  };

  const closeHere = (reason: string): void => {
    if (end()) onClosed(reason);
  };

  const client: SourceClient = {
    source,
    key,
    remoteAddress,
    listen: (registered) => {
      events = registered;
    },
    sendAlive: () => undefined, // its protocol has no message for it
    // Nor for this one: it is disconnected, and encoders connect again.
    sendWanted: (channels) => options.maker?.want(renditionsOfChannels(channels)),
    sendLeaving: () => closeHere('this SCX is leaving'),
    close: (reason) => closeHere(reason ?? 'its source was withdrawn'),
  };

  return {
    client,
    publish: (adu) => {
      if (!isClosed) batch.add(adu);
    },
    sendMade: (kbps, frames) => {
      const channel = renditionChannel(kbps);
      for (const adu of signer.sign(frames.map((frame) => ({ ...frame, channel })))) {
        if (isClosed) return false;
        events.onAdu(adu);
      }
      return !isClosed;
    },
    keepAlive: () => {
      events.onKeepAlive();
      if (isClosed || performance.now() - statedAt < STATE_AGAIN_MS) return;
      statedAt = performance.now();
      events.onStated(state(source));
    },
    close: (reason) => {
      if (end()) events.onClose(reason);
    },
  };
}
