/** Fields in the heads of requests and answers with which our processes tell each other something. */

/**
 * The mount at which an encoder feeds a session. A front end writes the request of an encoder anew, with
 * the session's own mount, and tells its SCX in this field at which mount the encoder logged in. The SCX
 * reports it as `mount` of the source (scx-status.ts), because tools look for their stream there.
 * Whatever an encoder sends in this field itself is dropped at the front end.
 */
export const MOUNT_FIELD = 'x-scattercast-mount';

/**
 * In the request of an encoder that another process carries to its SCX, and would carry to the next one
 * (cluster/ingest/carry-encoder.ts). If the SCX ends the stream because of something that the next one would
 * object to as well, it says so in an answer, after a SOURCE too. Without one, it is gone.
 */
export const CARRIED_FIELD = 'x-scattercast-carried';

/** Longer mounts are not told, in characters. Guess. */
export const MOUNT_LENGTH_MAX = 300;

/**
 * In every stream of an SCX: the session that is heard there. A broadcaster that is given its own
 * session to broadcast (`--from`) recognises it, by whatever address it came.
 */
export const SESSION_HEADER = 'x-scattercast-session';

/** Its value for the id of a session, `scattercast://CREATOR/SESSION#KEY`. */
export const sessionHeader = (session: string): string => encodeURI(session);
