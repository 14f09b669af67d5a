/**
 * Listening to what was played before, as far as the cluster keeps it: a slider of how long ago, and
 * titles that are played from their beginning. What is heard stays that long behind what is sent.
 */

const byId = (id) => document.getElementById(id);

const timeOf = (ms) =>
  new Date(ms).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });

/** In words, for the eye and for screen readers. */
function textOf(agoS) {
  if (agoS === 0) return 'Live';
  const minutes = Math.floor(agoS / 60);
  const ago = minutes === 0 ? `${agoS} s ago` : `${minutes} min ago`;
  return `${timeOf(Date.now() - agoS * 1000)}, ${ago}`;
}

/**
 * `play` gets the query of the stream, which is empty for what is live. Nothing of this is in the small
 * player: there `earlier` is missing.
 */
export function createRewind(play) {
  const section = byId('earlier');
  const slider = byId('from');
  let agoS = 0;
  let fromMs = Number.NaN;

  function showText(seconds) {
    const text = textOf(seconds);
    slider.setAttribute('aria-valuetext', text);
    byId('from-text').textContent = text;
  }

  function go(seconds) {
    agoS = seconds;
    slider.value = String(-seconds);
    showText(seconds);
    byId('live').hidden = seconds === 0;
    play(seconds === 0 ? '' : `?ago=${seconds}s`);
  }

  /** What the cluster keeps; undefined: nothing. */
  function show(recordedFrom) {
    fromMs = Date.parse(recordedFrom ?? '');
    if (section === null) return;
    const isKept = Number.isFinite(fromMs);
    section.hidden = !isKept && agoS === 0;
    if (!isKept || slider.matches(':active')) return; // nothing moves below a finger
    slider.min = String(-Math.max(0, Math.floor((Date.now() - fromMs) / 1000)));
    slider.value = String(-agoS);
    showText(agoS);
  }

  slider?.addEventListener('input', () => showText(-Number(slider.value)));
  slider?.addEventListener('change', () => go(-Number(slider.value)));
  byId('live')?.addEventListener('click', () => go(0));

  return {
    show,
    /** Whether what began then is kept. */
    has: (at) => section !== null && Date.parse(at) >= fromMs,
    playFrom: (at) => go(Math.ceil((Date.now() - Date.parse(at)) / 1000)),
    /** The title that is heard. */
    heard: ({ playing, titles }) => {
      if (agoS === 0) return playing;
      const heardAt = Date.now() - agoS * 1000;
      return titles.find(({ at }) => Date.parse(at) <= heardAt)?.title ?? null;
    },
  };
}
