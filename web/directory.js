/**
 * The directory: what can be listened to at this cluster. It asks /status every few seconds and
 * brings the list up to date in place, so that a focused button stays focused.
 *
 * Titles come from strangers: whatever they hold goes into the page as textContent only.
 */

const POLL_MS = 3000;
const RETRY_MS = 2000;
const RETRIES_MAX = 10;

const byId = (id) => document.getElementById(id);
const audio = byId('audio');
const items = new Map(); // path -> element; as many as the cluster has sessions
let current; // the session that is played here
let retries = 0;
let isLost = false; // the cluster did not answer the last time
let timer;

const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;
const nameOf = (session) => session.title || session.path;

/** What is on now, from the SCX that plays. */
const nowPlaying = (session) => session.scxs.find((scx) => scx.playing !== null)?.title ?? '';

/** Same origin as this page, whatever name the reader knows the cluster by. */
const listenPath = (session, ending = 'mp3') => `/listen/${session.path}.${ending}`;

function notify(text) {
  const notice = byId('notice');
  notice.textContent = text;
  notice.hidden = text === '';
}

function stop() {
  current = undefined;
  audio.removeAttribute('src');
  audio.load();
  byId('player').hidden = true;
  markCurrent();
}

function play(session) {
  current = session;
  retries = 0;
  notify('');
  tuneIn();
  byId('player').hidden = false;
  showPlaying();
  markCurrent();
}

function tuneIn() {
  audio.src = listenPath(current);
  audio.play().catch((error) => {
    if (error.name === 'NotAllowedError') notify('Press the play button of the player below.');
  });
}

/** The stream broke off: a radio tries again, for a while. */
function retry() {
  const session = current;
  if (session === undefined) return;
  if (++retries > RETRIES_MAX) {
    stop();
    return notify('The stream broke off. Press play to try again.');
  }
  notify('The stream broke off; tuning in again.');
  setTimeout(() => {
    if (current?.path === session.path) tuneIn();
  }, RETRY_MS);
}

function showPlaying() {
  byId('playing-name').textContent = nameOf(current);
  byId('playing-title').textContent = nowPlaying(current);
}

function markCurrent() {
  for (const [path, item] of items) {
    const isCurrent = path === current?.path;
    item.classList.toggle('current', isCurrent);
    const name = item.querySelector('h2').textContent;
    item
      .querySelector('.play')
      .setAttribute('aria-label', `${isCurrent ? 'Stop' : 'Play'} ${name}`);
  }
}

function createItem(path) {
  const item = byId('session').content.cloneNode(true).querySelector('li');
  item.querySelector('.play').addEventListener('click', () => {
    if (current?.path === path) stop();
    else play(item.session);
  });
  items.set(path, item);
  return item;
}

function fillItem(item, session) {
  const set = (selector, text) => {
    const element = item.querySelector(selector);
    if (element.textContent !== text) element.textContent = text;
  };
  item.session = session;
  item.classList.toggle('off', !session.onAir);
  set('h2', nameOf(session));
  set('.title', session.onAir ? nowPlaying(session) : '');
  set('.description', session.description ?? '');
  set('.state', session.onAir ? 'On air' : 'Off air');
  const listeners = plural(session.listeners, 'listener', 'listeners');
  set('.facts', [session.genre, listeners, session.path].filter(Boolean).join(' · '));
  item.querySelector('.stream').href = listenPath(session);
  item.querySelector('.playlist').href = listenPath(session, 'm3u');
}

function showSessions(sessions) {
  const shown = sessions.toSorted((a, b) => Number(b.onAir) - Number(a.onAir));
  const paths = new Set(shown.map(({ path }) => path));
  for (const [path, item] of items) {
    if (paths.has(path)) continue;
    item.remove();
    items.delete(path);
  }
  const list = byId('sessions');
  shown.forEach((session, index) => {
    const item = items.get(session.path) ?? createItem(session.path);
    fillItem(item, session);
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
    if (session.path === current?.path) current = session;
  });
}

function show({ cluster, sessions }) {
  showSessions(sessions);
  markCurrent();
  if (current !== undefined) showPlaying();
  const onAir = sessions.filter((session) => session.onAir).length;
  const listeners = plural(cluster.listeners, 'listener', 'listeners');
  byId('summary').textContent = `${onAir} on the air · ${listeners} at this cluster`;
  const isEmpty = sessions.length === 0;
  if (isEmpty && byId('empty').hidden) byId('how').open = true;
  byId('empty').hidden = !isEmpty;
}

async function poll() {
  try {
    const response = await fetch('/status', { signal: AbortSignal.timeout(5000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    show(await response.json());
    if (isLost) notify('');
    isLost = false;
  } catch {
    isLost = true;
    notify('The cluster does not answer just now; trying again.');
  }
  schedule();
}

/** Nobody polls for a page that nobody sees. */
function schedule(delayMs = POLL_MS) {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(poll, delayMs);
}

byId('stop').addEventListener('click', stop);
audio.addEventListener('error', retry);
audio.addEventListener('ended', retry);
audio.addEventListener('playing', () => {
  retries = 0;
  notify('');
});
document.addEventListener('visibilitychange', () => schedule(0));
for (const element of document.querySelectorAll('[data-origin]')) {
  element.textContent = location.origin;
}
poll();
