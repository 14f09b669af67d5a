/**
 * The width of text, estimated. Nothing here can measure a font, and the reader's font is unknown
 * anyway. The estimate is that of DejaVu Sans, which is wider than most system fonts, so that text
 * gets too much room rather than too little.
 */

/** Of all text in a picture, px. */
export const FONT_PX = 12;

/** From one baseline to the next, px. */
export const LINE_PX = 14;

/** Widths in units of the font size. Measured: DejaVu Sans, rounded up. */
const NARROW_EM = 0.37;
const WIDE_EM = 0.96;
const USUAL_EM = 0.62;

const emOf = (character: string): number => {
  if (/[ ijlIft.,:;'|!()[\]/-]/.test(character)) return NARROW_EM;
  if (/[mwMW%<>±@]/.test(character)) return WIDE_EM;
  return USUAL_EM;
};

/** Estimated width of a line of text, px. */
export const textWidth = (text: string): number =>
  [...text].reduce((sum, character) => sum + emOf(character), 0) * FONT_PX;

/** Text in lines of at most `width` px, broken at spaces; a longer word keeps a line of its own. */
export function breakLines(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && textWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
