/**
 * The content security policy of pages: only files of this cluster run or style anything, nothing is
 * inline, and no form leads elsewhere.
 */

/** `ancestors`: whose pages may frame it. */
const policyFor = (ancestors: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    // The audio comes from SCXs, which have ports and perhaps hosts of their own.
    'media-src http: https:',
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${ancestors}`,
  ].join('; ');

/** For pages that no other page may frame. */
export const PAGE_POLICY = policyFor("'none'");

/** For the small player, which is made to be framed. */
export const EMBED_POLICY = policyFor('*');
