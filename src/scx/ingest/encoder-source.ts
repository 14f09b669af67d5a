/**
 * The source that an encoder feeds. It outlives the encoder's connection: the next connection goes
 * on with the same id, the next number and the last title. This file turns the framer's events into
 * ADUs of that source.
 */
import type { Source, SourceId } from '../../gossamer/core/node.js';
import { type NoticedEncoder, printNotice } from '../../icecast/now-playing.js';
import type { FramerEvent } from '../../mp3/frames/framer.js';
import { titleOf } from '../../mp3/tags/tag-title.js';
import type { SigningKey } from '../../runtime/signing-key.js';
import { AUDIO_CHANNEL, TITLE_CHANNEL } from '../../session/channels.js';
import type { RenditionMaker, RenditionMakerOptions } from '../../transcode/rendition-maker.js';
import type { EncoderClient } from './encoder-client.js';

/** A source, and how far it is. */
export interface EncoderSource {
  readonly id: SourceId;
  readonly priority: number;
  /** The source key of its encoders, which signs for them. */
  readonly key: SigningKey;
  /** Connections of encoders so far. */
  epoch: number;
  /** Numbers of the next ADUs. */
  nextAudio: number;
  nextNotice: number;
  title: string | undefined;
  /** The encoder that feeds it, or fed it last. */
  encoder: NoticedEncoder;
  /** The instant of the last frame. */
  frameAt: number;
  /** Makes its renditions: it outlives the connection as well. Undefined before the first one. */
  maker?: RenditionMaker | undefined;
  /** Sends the maker's frames over the encoder's present connection; undefined: no encoder is connected. */
  sendMade?: RenditionMakerOptions['send'] | undefined;
}

/** The source as the overlay knows it. */
export const overlaySource = ({ id, priority, epoch }: EncoderSource): Source => ({
  id,
  priority,
  epoch,
});

export interface SourceWriterOptions {
  readonly source: EncoderSource;
  readonly encoder: EncoderClient;
  now(): number;
  /** The first frame is there: the source is attached now. */
  attach(): void;
  /** Whether the stream has ended, which `attach` may cause. */
  isOver(): boolean;
}

/** Publishes what an encoder sends. */
export interface SourceWriter {
  takeFrame(frame: FramerEvent & { kind: 'frame' }): void;
  /** A tag in the stream, which may hold a title. */
  takeTag(tag: FramerEvent & { kind: 'tag' }): void;
  /** The title from the next frame on; undefined: none. */
  setTitle(title: string | undefined): void;
  readonly isAttached: boolean;
}

/** Creates a writer that attaches its source with the first frame. */
export function createSourceWriter(options: SourceWriterOptions): SourceWriter {
  const { source, encoder } = options;
  let isAttached = false;

  const publishTitle = (): void => {
    const { title = null, nextAudio: from } = source;
    const payload = printNotice({ title, from, encoder: source.encoder });
    encoder.publish({ channel: TITLE_CHANNEL, sequence: source.nextNotice++, payload });
  };

  /** Whether listeners have to learn something, if only that the last encoder's title is over. */
  const hasNews = (): boolean => {
    const texts = Object.values(source.encoder.description);
    return source.title !== undefined || source.nextNotice > 0 || texts.some(Boolean);
  };

  const setTitle = (title: string | undefined): void => {
    if (title === source.title) return;
    source.title = title;
    if (isAttached) publishTitle();
  };

  const attach = (): void => {
    isAttached = true;
    options.attach();
    if (hasNews() && !options.isOver()) publishTitle();
  };

  return {
    takeFrame: ({ bytes: payload }) => {
      if (!isAttached) attach();
      if (options.isOver()) return;
      source.frameAt = options.now();
      encoder.publish({ channel: AUDIO_CHANNEL, sequence: source.nextAudio++, payload });
    },
    takeTag: (tag) => setTitle(titleOf(tag) ?? source.title),
    setTitle,
    get isAttached() {
      return isAttached;
    },
  };
}
