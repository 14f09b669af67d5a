/**
 * Finds the session that an encoder means. The encoder names a mount, which is the session's own
 * name or one from the configuration, or (SHOUTcast) it sends only a password, which belongs to one
 * session.
 */
import type { ScxStatus } from '../../api/scx-status.js';
import { sessionOfMount } from '../../icecast/mount.js';
import { pathOf } from '../../lib/url-path.js';
import { hashSecret } from '../../runtime/secrets.js';
import { parseSessionName, type SessionName } from '../../session/session-name.js';
import type { AnnouncementFinder } from '../announcements/announcement-finder.js';
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
  /** The sessions that have an SCX here. */
  readonly sessionsHere: Fleet['sessions'];
}

/** The sessions that encoders can broadcast in. */
export interface EncoderSessions {
  /** The session at a mount, which may have a query. */
  atMount(mount: string): SessionName | undefined;
  /** The session whose source password this is, among those that are known here. */
  ofPassword(password: string): SessionName | undefined;
  /** The session of clients that name none: the first mount's, else the first that is known here. */
  first(): SessionName | undefined;
  /** The mount that the operator gave a session; undefined without one. */
  mountOf(session: string): string | undefined;
  /**
   * The SCX that takes the session's encoders: the first one here, launched if necessary. `client`:
   * the encoder's address.
   */
  scxOf(name: SessionName, client: string): Promise<OrProblem<ScxStatus>>;
}

export function createEncoderSessions(options: EncoderSessionsOptions): EncoderSessions {
  const { mounts, store, finder, scxs, sessionsHere } = options;

  const ofPassword = (password: string): SessionName | undefined => {
    const key = hashSecret(password);
    const published = store.all().map(({ announcement }) => announcement);
    const own = published.find(({ sourceKey }) => sourceKey === key);
    if (own !== undefined) return own.name;
    const session = sessionsHere().find(
      (each) => finder.recall(each)?.announcement.sourceKey === key,
    );
    const name = session === undefined ? undefined : parseSessionName(session);
    return name?.ok ? name.value : undefined;
  };

  const first = (): SessionName | undefined => {
    const [mounted] = mounts.values();
    const [published] = store.all();
    const [running = ''] = sessionsHere();
    const name = parseSessionName(running);
    return mounted ?? published?.announcement.name ?? (name.ok ? name.value : undefined);
  };

  const scxOf = async (name: SessionName, client: string): Promise<OrProblem<ScxStatus>> => {
    const known = finder.recall(name.text);
    if (known !== undefined) return scxs.first(known, client);
    if (scxs.exists(name.text)) return scxs.existing(name.text);
    const message = `${name.text} is not known at this cluster: announce it here first.`;
    return refused(problem(404, message));
  };

  return {
    atMount: (mount) => {
      const path = pathOf(mount);
      return path === undefined ? undefined : (mounts.get(path) ?? sessionOfMount(path));
    },
    ofPassword,
    first,
    mountOf: (session) => [...mounts].find(([, name]) => name.text === session)?.[0],
    scxOf,
  };
}
