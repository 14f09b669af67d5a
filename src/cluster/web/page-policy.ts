/**
 * The content security policy of pages: only files of this cluster run or style anything, nothing is
 * inline, and no form leads elsewhere.
 */

/** For the small player, which any page may frame, also one that is opened from a disk. */
export const EMBED_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  // The audio comes from SCXs, which have ports and perhaps hosts of their own.
  'media-src http: https:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** For pages that no other page may frame. */
export const PAGE_POLICY = `${EMBED_POLICY}; frame-ancestors 'none'`;

/** For the map of an overlay, which pages of this cluster frame. */
export const MAP_POLICY = `${EMBED_POLICY}; frame-ancestors 'self'`;

/** For the home page, which frames the map. */
export const HOME_POLICY = `${PAGE_POLICY}; frame-src 'self'`;
