/**
 * The login of administrators, in the form of Icecast: user `admin`, and as the password the admin
 * token of a session, which opens that session, or the operator's token, which opens all. Both are
 * drawn (runtime/secrets.ts), so a plain comparison of hashes is enough.
 */
import type { Credentials } from '../../http/server/basic-auth.js';
import { isSameSecret } from '../../runtime/secrets.js';
import type { AnnouncementStore } from './announcement-store.js';
import { isToken } from './owner.js';

/** An administrator that has logged in. */
export interface Admin {
  /** Of the whole cluster. */
  readonly isOperator: boolean;
  /** Whether a session is this administrator's: `scattercast://creator/session`. */
  owns(session: string): boolean;
}

export interface AdminLogin {
  /** Undefined without credentials, and for wrong ones. */
  check(credentials: Credentials | undefined): Admin | undefined;
}

/** A longer password is wrong and is not hashed. */
const PASSWORD_LENGTH_MAX = 128;

/** Creates the login for the sessions that are published here. */
export function createAdminLogin(store: AnnouncementStore, operatorToken: string): AdminLogin {
  const ownedWith = (token: string): ReadonlySet<string> =>
    new Set(
      store
        .all()
        .filter(({ owner }) => owner !== undefined && isToken(token, owner))
        .map(({ announcement }) => announcement.name.text),
    );
  return {
    check: (credentials) => {
      if (credentials?.user !== 'admin') return undefined;
      const { password } = credentials;
      if (password.length > PASSWORD_LENGTH_MAX) return undefined;
      if (isSameSecret(password, operatorToken)) return { isOperator: true, owns: () => true };
      const owned = ownedWith(password);
      if (owned.size === 0) return undefined;
      return { isOperator: false, owns: (session) => owned.has(session) };
    },
  };
}
