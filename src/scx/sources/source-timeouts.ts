/**
 * Is the source alive? Each part of an SCX asks this for a different reason, so the answers have
 * different timeouts. They are listed together, from the shortest to the longest, because they
 * depend on each other: timeouts that listeners hear must be short, others may be long. Time in which
 * this process could not listen does not count (runtime/attended-clock.ts).
 *
 * | question | constant | ms |
 * | --- | --- | --- |
 * | Is another source played, because this one has said that it leaves? | SOURCE_DOWN_MS | 100 |
 * | Is the source that has a mount still heard, though an encoder asks for it? | STILL_HEARD_MS | 500 |
 * | Is another source played, because this one is silent? | SOURCE_LIVE_MS | 900 |
 * | May an encoder have the mount of a silent source, here or elsewhere? | MOUNT_SILENT_MS | 2000 |
 * | Is the session off the air for new listeners? | OFF_AIR_MS | 5000 |
 * | Is a source client lost that sends neither ADUs nor KEEP_ALIVE? | CLIENT_SILENT_MS | 5000 |
 * | Is the source of a lost client withdrawn from the session? | CLIENT_GRACE_MS | 5000 |
 * | Is a silent encoder disconnected? | ENCODER_SILENT_MS | 10000 |
 */

/**
 * Silence after which another source is played when this one has said that it leaves. Guess: four
 * frames, so that what is under way still plays.
 */
export const SOURCE_DOWN_MS = 100;

/**
 * A source that is heard this long after an encoder has asked for its mount is alive; what is heard
 * before may have been under way. Guess: longer than a frame takes through the session.
 */
export const STILL_HEARD_MS = 500;

/**
 * Silence after which another source is played; with its next frame that makes less than a second.
 * Guess: less than any player's buffer, more than it takes to find another parent.
 */
export const SOURCE_LIVE_MS = 900;

/**
 * Silence after which an encoder may have the mount of another source, attached here or elsewhere
 * in the session. Guess: a dead connection is noticed by TCP much later, and "mountpoint in use" is
 * the error that users complain about most.
 */
export const MOUNT_SILENT_MS = 2000;

/**
 * Silence after which a new listener waits for new audio instead of getting old audio, and the
 * status says that nothing is played. Guess: longer than any change of sources.
 */
export const OFF_AIR_MS = 5000;

/** A source client that sends nothing is lost. Guess: five KEEP_ALIVEs (§2.5). */
export const CLIENT_SILENT_MS = 5000;

/**
 * Time for a lost client to come back before its source is withdrawn and the session's trees end.
 * Guess: a broadcaster's reconnection, which backs off to a few seconds.
 */
export const CLIENT_GRACE_MS = 5000;

/**
 * An encoder that sends no byte is disconnected, ms: Icecast's `source-timeout` is 10 s, and encoders
 * are configured for that.
 */
export const ENCODER_SILENT_MS = 10_000;
