/**
 * Finds the session that an encoder means. The encoder names a mount, which is the session's own
 * name or one from the configuration, or (SHOUTcast) it sends only a password, which belongs to one
 * session.
 */
import type { ScxStatus } from '../../api/scx-status.js';
import { sessionOfMount } from '../../icecast/mount.js';
import { pathOf } from '../../lib/url-path.js';
import type { PasswordKeys } from '../../runtime/password-keys.js';
import { isDirectory } from '../../session/announcement.js';
import { identityOf, refPath, type SessionRef } from '../../session/session-id.js';
import { type SessionName, sessionPath } from '../../session/session-name.js';
import { isListed } from '../../session/source-key.js';
import type { AnnouncementFinder, Known } from '../announcements/announcement-finder.js';
import type { AnnouncementStore } from '../announcements/announcement-store.js';
import type { Fleet } from '../fleet/fleet.js';
import type { SessionScxs } from '../fleet/scx-for-session.js';
import { type OrProblem, problem, refused } from '../web/problem.js';

/** Sessions by the mounts that the operator gave them: `/live`. */
export type Mounts = ReadonlyMap<string, SessionName>;

export interface EncoderSessionsOptions {
  readonly mounts: Mounts;
  readonly store: AnnouncementStore;
  readonly finder: AnnouncementFinder;
  readonly scxs: SessionScxs;
  /** The ids of the sessions that have an SCX here. */
  readonly sessionsHere: Fleet['sessions'];
  /** Derives the keys of passwords. */
  readonly keys: PasswordKeys;
}

/**
 * The sessions that encoders can broadcast in. Each is named as its path here is: without a key if
 * it is published here.
 */
export interface EncoderSessions {
  /** The session at a mount, which may have a query. */
  atMount(mount: string): SessionRef | undefined;
  /**
   * The session whose source password this is, among those that are known here. `client`: the
   * address that tries it.
   */
  ofPassword(password: string, client: string): Promise<SessionRef | undefined>;
  /** The session of clients that name none: the first mount's, else the first that is known here. */
  first(): SessionRef | undefined;
  /** The mount that the operator gave a session, by its path here; undefined without one. */
  mountOf(path: string): string | undefined;
  /** The id of a session that is known here, or has an SCX here. */
  idOf(ref: SessionRef): string | undefined;
  /**
   * The SCX that takes the session's encoders: the first one here, launched if necessary. `client`:
   * the encoder's address.
   */
  scxOf(ref: SessionRef, client: string): Promise<OrProblem<ScxStatus>>;
}

/** The session as its path here names it. */
const refOf = ({ session, isPublished }: Known): SessionRef => {
  const { text, creator, session: part, key } = session;
  return { text, creator, session: part, ...(isPublished ? {} : { key }) };
};

export function createEncoderSessions(options: EncoderSessionsOptions): EncoderSessions {
  const { mounts, store, finder, scxs, sessionsHere, keys } = options;

  /** Those with an SCX first, because their encoders are likely to come back. */
  const candidates = (): readonly Known[] => {
    const here = sessionsHere().flatMap((id) => finder.recall(id) ?? []);
    const ids = new Set(here.map(({ session }) => session.id));
    const published = store.all().flatMap(({ announcement: { name } }) => finder.named(name) ?? []);
    return [...here, ...published.filter(({ session }) => !ids.has(session.id))];
  };

  const ofPassword = async (password: string, client: string) => {
    for (const known of candidates()) {
      const { sources = [] } = known.announcement;
      if (sources.length === 0) continue;
      const isRight = isListed(sources, Date.now());
      const key = await keys.keyOf(password, known.session.key, client, isRight);
      if (key !== undefined && isRight(key.publicKey)) return refOf(known);
    }
    return undefined;
  };

  const first = (): SessionRef | undefined => {
    const [mounted] = mounts.values();
    // There is nothing to hear in a directory.
    const hasSound = ({ announcement }: Pick<Known, 'announcement'>) => !isDirectory(announcement);
    const published = store.all().find(hasSound);
    const known = sessionsHere()
      .flatMap((id) => finder.recall(id) ?? [])
      .find(hasSound);
    return mounted ?? published?.announcement.name ?? (known && refOf(known));
  };

  const idOf = (ref: SessionRef): string | undefined => {
    const known = finder.named(ref);
    if (known !== undefined) return known.session.id;
    const id = ref.key && identityOf(ref, ref.key).id;
    return id !== undefined && scxs.exists(id) ? id : undefined;
  };

  const scxOf = async (ref: SessionRef, client: string): Promise<OrProblem<ScxStatus>> => {
    const known = finder.named(ref);
    if (known !== undefined) return scxs.first(known, client);
    const id = idOf(ref);
    if (id !== undefined) return scxs.existing(id);
    const message = `${refPath(ref)} is not known at this cluster: announce it here first.`;
    return refused(problem(404, message));
  };

  const atMount = (mount: string): SessionRef | undefined => {
    const path = pathOf(mount);
    const ref: SessionRef | undefined =
      path === undefined ? undefined : (mounts.get(path) ?? sessionOfMount(path));
    const known = ref?.key && finder.named(ref);
    return known ? refOf(known) : ref;
  };

  return {
    atMount,
    ofPassword,
    first,
    mountOf: (path) => [...mounts].find(([, name]) => sessionPath(name) === path)?.[0],
    idOf,
    scxOf,
  };
}
