/**
 * The announcement of a session (§2.2): "all the necessary parameters that pertain to the session".
 * It is a small XML document at a URL; this file defines its content and its bounds.
 *
 * Beyond: title, genre, language, homepage, bitrate, listing, keys and signature are ours. They are in our own
 * namespace, so that a reader of the paper's format can still read the document.
 */
import {
  AUDIO_CHANNEL,
  ENTRY_CHANNEL,
  RENDITION_CHANNELS_FROM,
  TITLE_CHANNEL,
} from './channels.js';
import type { Privacy } from './privacy.js';
import type { PublicKey } from './public-key.js';
import type { RenditionKbps } from './renditions.js';
import type { SessionName } from './session-name.js';
import type { SourceKey } from './source-key.js';

/** One of the session's independent data streams (§2.1). */
export interface Channel {
  /** 0 to 255: it travels as one byte of the ADU header. */
  readonly id: number;
  readonly description?: string;
  /** Between SCXs. The paper leaves the list open; these two are carried. */
  readonly unicast: 'tcp' | 'udp';
  /** Between an SCX and its clients: `udp`, or the name of a reliable multicast protocol. */
  readonly multicast?: string;
  /**
   * Beyond: what its sources may send in the long run, kbit/s; absent: DEFAULT_RATE_KBPS. Not of the
   * channels that the radio uses itself, which have bounds of their own.
   */
  readonly rateKbps?: number;
}

/** Whose a session is, and who may broadcast; all absent from a document that nobody has signed. */
export interface SignedFields {
  /** The session's public key: a session is its name and key. */
  readonly key?: PublicKey;
  /** When it was signed, ms since 1970. The newest announcement of a session holds. */
  readonly issuedMs?: number;
  /** 1 to 16, with distinct names and keys; absent: nobody may broadcast. */
  readonly sources?: readonly SourceKey[];
  /** Absent: everybody may listen, and every cluster may carry the session. */
  readonly privacy?: Privacy;
  /** The hash of the password of Icecast's administration tools (runtime/secrets.ts). */
  readonly adminKey?: string;
  /** By the session's key, 64 bytes in base64url; over the printed form without it. */
  readonly signature?: string;
}

/** The parameters that a client or an SCX needs before it joins a session. */
export interface Announcement extends SignedFields {
  readonly name: SessionName;
  readonly description?: string;
  /** 1 to 16, with distinct ids. */
  readonly channels: readonly Channel[];
  /** 1 to 16 distinct locations in normal form; see location.ts. */
  readonly rendezvous: readonly string[];
  readonly title?: string;
  readonly genre?: string;
  /** BCP 47, in lower case: `en`, `pt-br`. */
  readonly language?: string;
  /** An http or https URL. */
  readonly homepage?: string;
  readonly bitrateKbps?: number;
  /** The SHA-256 of a picture (image/inspect-image.ts), 43 characters of base64url. */
  readonly image?: string;
  /** The bit rates in which SCXs offer the stream as well, the highest first; absent: none. */
  readonly renditions?: readonly RenditionKbps[];
  /** How long clusters may keep what was played, ms, whole seconds; absent: not at all. */
  readonly keepMs?: number;
  /**
   * The station wants to be listed in directories of streams; absent: in the directory of clusters only;
   * false: in none.
   */
  readonly isListed?: boolean;
}

/** An announcement that is signed; whether the signature is right, only its reader knows. */
export type SignedAnnouncement = Announcement &
  Required<Pick<SignedFields, 'key' | 'issuedMs' | 'signature'>>;

/** The namespace of our additions. A later, incompatible meaning gets another number. */
export const RADIO_NAMESPACE = 'https://scattercast.example/ns/radio/1';

/**
 * Bounds, because announcements come from strangers. Lengths are in UTF-16 units. The texts are
 * bounded so that the largest valid announcement, fully escaped, fits into the document. All are
 * guesses.
 */
export const ANNOUNCEMENT_LIMITS = {
  documentBytesMax: 65536,
  depthMax: 8,
  elementsMax: 512,
  attributesMax: 32,
  channelsMax: 16,
  channelIdMax: RENDITION_CHANNELS_FROM - 1,
  rendezvousMax: 16,
  descriptionLengthMax: 1000,
  channelDescriptionLengthMax: 200,
  channelRateKbpsMax: 320,
  titleLengthMax: 200,
  genreLengthMax: 64,
  languageLengthMax: 35,
  homepageLengthMax: 512,
  /** The range of MP3 bit rates, in kbit/s. */
  bitrateKbpsMin: 8,
  bitrateKbpsMax: 320,
  /** A month, s. */
  keepSecondsMax: 31 * 86_400,
} as const;

/** The channels of a radio broadcast: the sound, and the titles. */
export const DEFAULT_CHANNELS: readonly Channel[] = [
  { id: AUDIO_CHANNEL, description: 'audio', unicast: 'tcp' },
  { id: TITLE_CHANNEL, description: 'now-playing', unicast: 'tcp' },
];

/** The channel of a directory. */
export const DIRECTORY_CHANNELS: readonly Channel[] = [
  { id: ENTRY_CHANNEL, description: 'entries', unicast: 'tcp' },
];

/** Whether the session has nothing but entries, so that there is nothing to listen to. */
export const isDirectory = ({ channels }: Pick<Announcement, 'channels'>): boolean =>
  channels.every(({ id }) => id === ENTRY_CHANNEL);

/** Whether everybody may be told of the session. */
export const isPublic = (announcement: Announcement): boolean =>
  announcement.privacy === undefined &&
  announcement.isListed !== false &&
  !isDirectory(announcement);
