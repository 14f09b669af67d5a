/**
 * A title that an encoder reports. Encoders report titles in requests of their own (`GET
 * /admin/metadata`), apart from the connection that carries the audio; so a title names its encoder
 * by mount (priority) or by address and program. During a hand-over the two may be connected to
 * different processes: the successor has the port, the predecessor the encoder. The title then
 * travels between them as a message, which is why its schema stands here.
 */
import { z } from 'zod';
import type { ClientIdentity } from '../../http/server/client-identity.js';
import { HEAD_BYTES_MAX } from '../../http/server/request-head.js';
import type { Answer } from '../../http/server/response.js';
import { isMountOf, PRIORITY_MAX, priorityOf } from '../../icecast/mount.js';
import { metadataAnswer, type TitleUpdate } from '../../icecast/title-update.js';
import type { PublicKey } from '../../session/public-key.js';
import type { SessionIdentity } from '../../session/session-id.js';
import type { EncoderSlots } from './encoder-slots.js';

const text = z.string().max(HEAD_BYTES_MAX);

export const encoderTitleSchema = z.object({
  /** The priority in the mount; null: the encoder is found by `who`. */
  priority: z.number().int().min(0).max(PRIORITY_MAX).nullable(),
  /** The client that reports it: a ClientIdentity. */
  who: z.object({ address: text, agent: text }),
  /** Plain text; null: no title any more. */
  title: z.string().max(1024).nullable(),
});

/** A title, and the encoder that it belongs to. */
export type EncoderTitle = Readonly<z.infer<typeof encoderTitleSchema>>;

export interface EncoderTitlesOptions {
  readonly name: SessionIdentity;
  readonly slots: EncoderSlots;
  /** Passes a title to another process of this SCX; false if no encoder there takes it. */
  passTitle(title: EncoderTitle): boolean;
}

/** The titles of an SCX's encoders. */
export interface EncoderTitles {
  /** Sets the title of an encoder here; false if there is no such encoder. */
  set(title: EncoderTitle): boolean;
  /** The answer to an update that a client reports; `key`: of its encoder, undefined for any. */
  update(update: TitleUpdate, client: ClientIdentity, key?: PublicKey): Answer;
}

const MALFORMED = metadataAnswer(400, 'Bad request');
const NO_SOURCE = metadataAnswer(400, 'Source does not exist');
const DONE = metadataAnswer(200, 'Metadata update successful');

/** Creates the titles of the encoders in these slots. */
export function createEncoderTitles(options: EncoderTitlesOptions): EncoderTitles {
  const { name, slots, passTitle } = options;

  const set = ({ priority, who, title }: EncoderTitle, key?: PublicKey): boolean => {
    const slot = slots.find(priority ?? undefined, who, key);
    slot?.stream?.setTitle(title ?? undefined);
    return slot !== undefined;
  };

  return {
    set: (title) => set(title),
    update: ({ mount, isUpdate, title = null }, client, key) => {
      const priority = mount === undefined ? undefined : priorityOf(mount);
      if (!isUpdate || priority === 'bad') return MALFORMED;
      if (mount !== undefined && !isMountOf(mount, name)) return NO_SOURCE;
      const reported = { priority: priority ?? null, who: client, title };
      return set(reported, key) || passTitle(reported) ? DONE : NO_SOURCE;
    },
  };
}
