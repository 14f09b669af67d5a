/**
 * The part of the answer to a lease renewal that the supervisor does not know: how the session is
 * announced now, what to play while nobody broadcasts, and which server to ask about listeners. So a
 * changed announcement, and a changed configuration, reach an SCX that is running.
 */
import { type LeaseTerms, RECORDING_OTHERS_MAX } from '../../api/lease.js';
import { dropAbsent } from '../../session/drop-absent.js';
import type { PublicKey } from '../../session/public-key.js';
import type { AnnouncementFinder } from '../announcements/announcement-finder.js';
import type { AnnouncementStore } from '../announcements/announcement-store.js';
import { accessOf } from '../announcements/launch-facts.js';
import type { FallbackFiles } from '../fallback/fallback-files.js';
import type { LaunchTemplate } from './launch-document.js';

export interface TermsSources {
  readonly finder: Pick<AnnouncementFinder, 'recall'>;
  readonly store: Pick<AnnouncementStore, 'get'>;
  readonly fallbacks: Pick<FallbackFiles, 'pathOf'>;
  readonly listenerHook: LaunchTemplate['listenerHook'];
  /** Where recordings lie; undefined: there are none. */
  readonly recording: LaunchTemplate['recording'];
  /** The clusters that this one trusts with listeners of public sessions, the nearest first. */
  others(): readonly { readonly url: string; readonly key: PublicKey }[];
  /** The cluster's front ends; undefined: there is one. */
  frontEnds(): readonly string[] | undefined;
  /** The certificate for SCXs on other machines; undefined without one, or without such SCXs. */
  certificate(): LeaseTerms['certificate'];
  /** Seals a text for the SCXs of this cluster. */
  seal(text: string): string;
}

/** The session's announcement as it is now; nothing if this front end does not know it. */
function announcedNow(
  { finder }: TermsSources,
  session: string,
): Pick<LeaseTerms, 'station' | 'access'> {
  const known = finder.recall(session);
  if (known === undefined) return {};
  const { title = null, genre = null, description = null } = known.announcement;
  const { homepage = null, isListed, renditions = [] } = known.announcement;
  const listing = isListed === undefined ? {} : { isListed };
  const about = { title, genre, description, homepage, ...listing };
  const channels = known.announcement.channels.map(({ id, rateKbps }) =>
    dropAbsent({ id, rateKbps }),
  );
  const station = { ...about, renditions: [...renditions], channels };
  return { station, access: accessOf(known.announcement) };
}

/** The rendezvous SCX plays the fallback: there is exactly one, and it always runs. */
function fallbackOf(
  { finder, store, fallbacks, frontEnds, seal }: TermsSources,
  session: string,
  isRendezvous: boolean,
): Pick<LeaseTerms, 'fallback' | 'remoteFallback'> {
  const known = finder.recall(session);
  const published = known?.isPublished ? store.get(known.session.text) : undefined;
  const isElsewhere = frontEnds() !== undefined; // then the SCX cannot read our file
  const stored = isRendezvous ? published?.owner.fallback : undefined;
  if (stored === undefined) return isElsewhere ? { remoteFallback: null } : { fallback: null };
  const { file, title, seed } = stored;
  if (isElsewhere) return { remoteFallback: { file, title, sealedSeed: seal(seed) } };
  return { fallback: { path: fallbacks.pathOf(file), title, seed } };
}

/**
 * A session that is published here is recorded, for as long as its announcement wants and the operator lets. A public
 * session from elsewhere is recorded where the operator gives it room; its holes are not filled, as other clusters
 * have what is missing.
 */
function recordingOf(
  { finder, recording, others }: TermsSources,
  session: string,
  isKept: boolean,
  isFirst: boolean,
): LeaseTerms['recording'] {
  const known = recording === undefined ? undefined : finder.recall(session);
  if (recording === undefined || known === undefined) return null;
  const keepMs = Math.min(known.announcement.keepMs ?? 0, recording.keepMsMax);
  if (!known.isPublished) {
    if (recording.foreign === undefined || known.announcement.privacy !== undefined) return null;
    return { keepMs, records: isFirst, isForeign: true };
  }
  if (!isKept || keepMs === 0) return { keepMs, records: isKept };
  const asked = others().slice(0, RECORDING_OTHERS_MAX);
  return { keepMs, records: true, others: asked.map(({ url, key }) => ({ url, key })) };
}

/** The terms of a session's SCX. */
export const termsFrom =
  (sources: TermsSources) =>
  (
    session: string,
    isRendezvous: boolean,
    isFirst = isRendezvous,
  ): Omit<LeaseTerms, 'rendezvous'> => {
    const frontEnds = sources.frontEnds();
    const certificate = sources.certificate();
    return {
      ...announcedNow(sources, session),
      ...fallbackOf(sources, session, isRendezvous),
      listenerHook: sources.listenerHook ?? null,
      recording: recordingOf(sources, session, isRendezvous, isFirst),
      ...(frontEnds === undefined ? {} : { frontEnds: [...frontEnds] }),
      ...(certificate === undefined ? {} : { certificate }),
    };
  };
