/**
 * A live stream in an `<audio>` element that keeps playing: when it breaks off, stands still, or the
 * network is back, the player tunes in again, until its listener stops it. A stream that is stopped is
 * let go, and not paused: what was on then is not what is on later.
 */

const RETRY_MS = { first: 500, most: 10_000 };
/** A stream whose sound stands still for this long has broken off. */
const STILL_MS = 8000;
const CHECK_MS = 1000;
/** A stream that has been heard for this long works, s; one that cannot be decoded ends before it. */
const WORKS_S = 2;

/** What listeners read of its states; the others need no words. */
export const STATE_TEXTS = {
  connecting: 'Tuning in',
  interrupted: 'The stream broke off; tuning in again',
  blocked: 'Press play once more',
};

/**
 * Creates a player of the address that the element has, or of those that `play` gets. `onChange` gets its state: `stopped`,
 * `connecting`, `playing`, `interrupted`, or `blocked` where the browser wants a click first.
 */
export function createPlayer(audio, onChange) {
  let url = audio.getAttribute('src');
  let state = 'stopped';
  let retryMs = RETRY_MS.first;
  let timer;
  let seen = { position: 0, at: 0 };

  const become = (next) => {
    state = next;
    onChange(state);
  };

  const isWanted = () => state !== 'stopped' && state !== 'blocked';

  function leave() {
    clearTimeout(timer);
    audio.removeAttribute('src');
    audio.load();
  }

  function stop() {
    leave();
    become('stopped');
  }

  function tuneIn() {
    clearTimeout(timer);
    seen = { position: 0, at: performance.now() };
    audio.src = url;
    audio.play().catch((error) => {
      if (error.name !== 'NotAllowedError' || !isWanted()) return;
      leave();
      become('blocked');
    });
  }

  function retry() {
    if (!isWanted()) return;
    leave();
    become('interrupted');
    // At random, so that not all listeners come back at once.
    timer = setTimeout(tuneIn, retryMs * (0.5 + Math.random() / 2));
    retryMs = Math.min(retryMs * 2, RETRY_MS.most);
  }

  function check() {
    if (!isWanted() || !audio.hasAttribute('src')) return;
    const now = performance.now();
    if (audio.currentTime > WORKS_S) retryMs = RETRY_MS.first;
    if (audio.currentTime !== seen.position) seen = { position: audio.currentTime, at: now };
    else if (now - seen.at > STILL_MS) retry();
  }

  audio.addEventListener('error', () => audio.hasAttribute('src') && retry());
  audio.addEventListener('ended', retry);
  audio.addEventListener('playing', () => isWanted() && become('playing'));
  addEventListener('online', () => state === 'interrupted' && tuneIn());
  setInterval(check, CHECK_MS);
  leave();

  return {
    play: (address = url) => {
      leave();
      url = address;
      retryMs = RETRY_MS.first;
      become('connecting');
      tuneIn();
    },
    stop,
    get isOn() {
      return isWanted();
    },
  };
}
