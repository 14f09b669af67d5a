/** An address as a QR code, to be opened on a telephone: a drawing in the page, without scripts. */
import { encode } from 'uqr';
import { type Html, html } from './html.js';

/** What surrounds the code must be blank for four of its squares (ISO/IEC 18004 §6.3.8). */
const BORDER = 4;

/** Draws the text; at most about a thousand characters. */
export function qrCode(text: string, label: string): Html {
  const { data, size } = encode(text, { ecc: 'M', border: BORDER });
  const squares = data.flatMap((row, y) =>
    row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])),
  );
  return html`<svg class="qr" role="img" aria-label="${label}" viewBox="0 0 ${size} ${size}"
      shape-rendering="crispEdges"><rect width="${size}" height="${size}" fill="#fff" /><path
      d="${squares.join('')}" fill="#000" /></svg>`;
}
