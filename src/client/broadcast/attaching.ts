/**
 * Attaches a source link to an SCX, again and again (cluster/keep-attached.ts), each time as the same
 * source with the next epoch.
 */
import type { Attachment } from '../../api/attach.js';
import { renditionsOfChannels } from '../../session/renditions.js';
import type { RenditionMaker, RenditionMakerOptions } from '../../transcode/rendition-maker.js';
import { attach } from '../cluster/attach.js';
import { findAnnouncement } from '../cluster/cluster-api.js';
import type { AttachingEvent } from '../cluster/keep-attached.js';
import type { AduWindow } from './adu-window.js';
import type { Destination } from './destination.js';
import type { Gate } from './gate.js';
import { openSourceConnection, type SourceConnection } from './source-connection.js';
import type { Credentials } from './source-credentials.js';

/** The events of a link. */
export type LinkEvent =
  | { readonly kind: 'attached'; readonly session: string; readonly address: string }
  | { readonly kind: 'alive'; readonly listeners: number; readonly scxListeners: number }
  | AttachingEvent;

export interface LinkOptions extends Destination {
  readonly credentials: Credentials;
  readonly onEvent: (event: LinkEvent) => void;
  /** Makes renditions of the sound, if that is given. */
  readonly renditions?: Pick<RenditionMakerOptions, 'log' | 'open'>;
}

/** A link, as far as attaching is concerned. */
export interface Attaching {
  readonly options: LinkOptions;
  readonly window: AduWindow;
  /** Aborted when the link ends. */
  readonly ending: AbortController;
  /** Opened whenever something was sent, or nothing more will be. */
  readonly gate: Gate;
  /** Undefined while there is no SCX. */
  connection: SourceConnection | undefined;
  /** The number of attachments so far: SCXs recognise a source that has attached again by it. */
  epoch: number;
  /** Makes lower bit rates for those who want them. */
  readonly maker: RenditionMaker | undefined;
  /** Set while what waits is soon to be sent. */
  waiting: NodeJS.Timeout | undefined;
  /** Sends what waits. */
  pump(): void;
}

/** One attempt at a cluster. Rejects with a UserError. */
export async function attachOnce(link: Attaching, cluster: string): Promise<SourceConnection> {
  const { options, window, ending, maker } = link;
  const { credentials, onEvent } = options;
  const { signal } = ending;
  const attachment = options.attachment ?? (await findScx(options, cluster, signal));
  link.epoch++;
  maker?.onMoved();
  const connection = await openSourceConnection({
    attachment,
    signed: await credentials(attachment, link.epoch),
    onWanted: (channels) => maker?.want(renditionsOfChannels(channels)),
    onAlive: (alive) => onEvent({ ...alive, kind: 'alive' }),
    onDrain: link.pump,
    signal,
  });
  link.connection = connection;
  const { session, scx } = attachment;
  onEvent({ kind: 'attached', session, address: scx.overlayAddress });
  window.rewind();
  link.pump();
  return connection;
}

async function findScx(
  options: LinkOptions,
  cluster: string,
  signal: AbortSignal,
): Promise<Attachment> {
  const announcement = await findAnnouncement(cluster, options.announcement);
  return attach({ cluster, announcement, role: 'source', signal });
}
