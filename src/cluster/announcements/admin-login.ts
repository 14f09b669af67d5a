/**
 * The login of administrators, in the form of Icecast: user `admin`, and as the password that of a
 * session, which `announce` has printed, or the operator's token, which opens all sessions. Both are
 * drawn (runtime/secrets.ts), so a plain comparison of hashes is enough; the announcement holds that
 * of the session's password. The session's admin token is no password: it never leaves the machine
 * that announces.
 */
import type { Credentials } from '../../http/server/basic-auth.js';
import { hashSecret, isSameSecret } from '../../runtime/secrets.js';
import { sessionPath } from '../../session/session-name.js';
import type { AnnouncementStore } from './announcement-store.js';

/** An administrator that has logged in. */
export interface Admin {
  /** Of the whole cluster. */
  readonly isOperator: boolean;
  /** Whether the session with this path is this administrator's: `creator/session`. */
  owns(path: string): boolean;
}

export interface AdminLogin {
  /** Undefined without credentials, and for wrong ones. */
  check(credentials: Credentials | undefined): Admin | undefined;
}

/** A longer password is wrong and is not hashed. */
const PASSWORD_LENGTH_MAX = 128;

/** Creates the login for the sessions that are published here. */
export function createAdminLogin(store: AnnouncementStore, operatorToken: string): AdminLogin {
  const ownedWith = (password: string): ReadonlySet<string> => {
    const hash = hashSecret(password);
    const owned = store.all().filter(({ announcement }) => announcement.adminKey === hash);
    return new Set(owned.map(({ announcement }) => sessionPath(announcement.name)));
  };
  return {
    check: (credentials) => {
      if (credentials?.user !== 'admin') return undefined;
      const { password } = credentials;
      if (password.length > PASSWORD_LENGTH_MAX) return undefined;
      if (isSameSecret(password, operatorToken)) return { isOperator: true, owns: () => true };
      const owned = ownedWith(password);
      if (owned.size === 0) return undefined;
      return { isOperator: false, owns: (path) => owned.has(path) };
    },
  };
}
