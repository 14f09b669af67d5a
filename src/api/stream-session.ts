/**
 * A header of every stream of an SCX: the session that is heard there. A broadcaster that is given
 * its own session to broadcast (`--from`) recognises it, by whatever address it came.
 */

/** The name of the header. */
export const SESSION_HEADER = 'x-scattercast-session';

/** Its value for the name of a session, `scattercast://CREATOR/SESSION`. */
export const sessionHeader = (session: string): string => encodeURI(session);
