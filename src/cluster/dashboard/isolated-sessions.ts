/** Sessions whose SCXs here know of others, and are connected to none. */
import type { SessionStatus } from '../../api/cluster-status.js';
import type { ScxStatus } from '../../api/scx-status.js';

/** An SCX finds neighbours within seconds, ms. Guess: by then it should have some. */
const JOINED_WITHIN_MS = 30_000;

const isLonely = ({ neighbours, membersKnown, state, startedAt }: ScxStatus): boolean =>
  state === 'running' &&
  membersKnown > 0 &&
  neighbours.length === 0 &&
  Date.now() - Date.parse(startedAt) > JOINED_WITHIN_MS;

/** Their paths. */
export const isolatedSessions = (sessions: readonly SessionStatus[]): readonly string[] =>
  sessions.filter(({ scxs }) => scxs.length > 0 && scxs.every(isLonely)).map(({ path }) => path);
