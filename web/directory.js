/**
 * The directory: what can be listened to at this cluster. It asks /status every few seconds, and
 * /directory for what other clusters announce, which is searched there. Both lists are brought up to date in
 * place, so that a focused button stays focused.
 *
 * Titles come from strangers: whatever they hold goes into the page as textContent only.
 */

import { createPlayer, STATE_TEXTS } from './player.js';

const POLL_MS = 3000;
const DISTANT_MS = 10_000;
const TYPING_MS = 250;
/** A list that is longer can be searched. */
const SEARCHED_MIN = 7;

const byId = (id) => document.getElementById(id);
const audio = byId('audio');
const items = new Map(); // path -> element; as many as the cluster has sessions
const distantItems = new Map(); // the same of other clusters; as many as /directory tells at once
let distant = []; // the sessions of other clusters that are shown
let isConnected = false; // the cluster knows of other clusters
let hasMap = false; // everybody may look at the overlays of this cluster
let current; // the session that is to be played here
let playerState = 'stopped';
let isLost = false; // the cluster did not answer the last time
let timer;
let distantTimer;

const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;
const nameOf = (session) => session.title || session.path;

/** What is on now, from the SCX that plays. */
const nowPlaying = (session) => session.scxs.find((scx) => scx.playing !== null)?.title ?? '';

/** The picture of a session, below any path; undefined without one. */
const imagePath = ({ image }) => (image ? `images/${image}` : undefined);

/** Relative to this page, whatever the reader calls the cluster, and below any path. */
const listenPath = (session, ending = 'mp3') => `listen/${session.path}.${ending}`;

const mapPath = ({ path }) => `overlay/${path}`;

function setText(element, text) {
  if (element.textContent === text) return;
  element.textContent = text;
  element.title = text;
}

function notify(text) {
  byId('notice').textContent = text;
  byId('notice').hidden = text === '';
}

const player = createPlayer(audio, (state) => {
  playerState = state;
  showState();
});

/** A sentence beside the player. */
function showState() {
  const isOff = current !== undefined && !current.onAir;
  const text = isOff
    ? 'Off the air. It will play as soon as it is back.'
    : STATE_TEXTS[playerState];
  setText(byId('playing-state'), text ?? '');
}

function stop() {
  current = undefined;
  player.stop();
  byId('player').hidden = true;
  showPlaying();
  markCurrent();
}

function play(session) {
  current = session;
  byId('player').hidden = false;
  tuneIn();
  markCurrent();
}

/** Plays the session, or waits: as soon as it is on the air, `follow` tunes in. */
function tuneIn() {
  if (current.onAir) player.play(listenPath(current));
  else player.stop();
  showPlaying();
}

/** For the lock screen, the media keys and the tab. */
function showElsewhere(name, title) {
  const text = [title, name, 'Scattercast'].filter(Boolean).join(' \u00b7 ');
  if (document.title === text) return;
  document.title = text;
  if (!('mediaSession' in navigator)) return;
  const image = current && imagePath(current);
  const artwork = image ? [{ src: new URL(image, location.href).href }] : [];
  const about = { title: title || name, artist: title ? name : '', artwork };
  navigator.mediaSession.metadata = current ? new MediaMetadata(about) : null;
}

function showPlaying() {
  const [name, title] = current ? [nameOf(current), nowPlaying(current)] : ['', ''];
  setText(byId('playing-name'), name);
  setText(byId('playing-title'), title);
  showElsewhere(name, title);
  showState();
}

function markCurrent() {
  for (const [path, item] of [...items, ...distantItems]) {
    const isCurrent = path === current?.path;
    item.classList.toggle('current', isCurrent);
    const name = item.querySelector('h2').textContent;
    item
      .querySelector('.play')
      .setAttribute('aria-label', `${isCurrent ? 'Stop' : 'Play'} ${name}`);
  }
}

/** Shows the picture of a session; one that cannot be had is left out. */
function showImage(element, session) {
  const path = imagePath(session) ?? '';
  if (element.getAttribute('src') === path) return;
  element.hidden = path === '';
  if (path === '') element.removeAttribute('src');
  else element.src = path;
}

function createItem(path, map) {
  const item = byId('session').content.cloneNode(true).querySelector('li');
  item.querySelector('.play').addEventListener('click', () => {
    if (current?.path === path) stop();
    else play(item.session);
  });
  const image = item.querySelector('.artwork');
  image.addEventListener('error', () => {
    image.hidden = true;
  });
  map.set(path, item);
  return item;
}

function fillItem(item, session) {
  const set = (selector, text) => setText(item.querySelector(selector), text);
  item.session = session;
  item.classList.toggle('off', !session.onAir);
  showImage(item.querySelector('.artwork'), session);
  set('h2', nameOf(session));
  set('.title', session.onAir ? nowPlaying(session) : '');
  set('.description', session.description ?? '');
  set('.state', session.onAir ? 'On air' : 'Off air');
  const listeners = plural(session.listeners, 'listener', 'listeners');
  set('.genre', session.genre ?? '');
  set(
    '.counts',
    [session.genre ? '' : undefined, listeners, session.path]
      .filter((part) => part !== undefined)
      .join(' \u00b7 '),
  );
  item.querySelector('.own').hidden = session.local === false; // its page is at other clusters
  item.querySelector('.page').href = session.path;
  item.querySelector('.stream').href = listenPath(session);
  item.querySelector('.playlist').href = listenPath(session, 'm3u');
  item.querySelector('.mapped').hidden = !hasMap || session.local === false;
  item.querySelector('.map').href = mapPath(session);
}

function showList(list, map, shown) {
  const paths = new Set(shown.map(({ path }) => path));
  for (const [path, item] of map) {
    if (paths.has(path)) continue;
    item.remove();
    map.delete(path);
  }
  shown.forEach((session, index) => {
    const item = map.get(session.path) ?? createItem(session.path, map);
    fillItem(item, session);
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
  });
}

function showSessions(sessions) {
  const shown = sessions.toSorted((a, b) => Number(b.onAir) - Number(a.onAir));
  showList(byId('sessions'), items, shown);
  search();
}

/** The genres that there are; the chosen one stays, also while nothing has it. */
function showGenres(genres) {
  const field = byId('genre');
  const chosen = field.value;
  const names = genres.map(({ genre }) => genre);
  if (chosen !== '' && !names.includes(chosen)) names.push(chosen);
  const options = names.map((name) => new Option(name, name, false, name === chosen));
  field.replaceChildren(field.options[0], ...options);
  field.hidden = names.length < 2;
}

function showDistant({ connected, total, sessions, genres }) {
  isConnected = connected;
  distant = sessions.filter(({ local }) => !local).map((session) => ({ ...session, scxs: [] }));
  showList(byId('distant'), distantItems, distant);
  showGenres(genres);
  const left = total - sessions.length;
  byId('elsewhere').hidden = distant.length === 0;
  byId('more').hidden = left <= 0;
  byId('more').textContent = left > 0 ? `And ${left} more: search for what you like.` : '';
  search();
  markCurrent();
}

/** Asks for what other clusters announce, as far as it is searched for. */
async function askDistant() {
  const query = new URLSearchParams({ q: byId('search').value, genre: byId('genre').value });
  try {
    const response = await fetch(`directory?${query}`, { signal: AbortSignal.timeout(5000) });
    if (response.ok) showDistant(await response.json());
  } catch {
    // The list stays as it was; /status tells whether the cluster answers.
  }
  askDistantIn(DISTANT_MS);
}

function askDistantIn(ms) {
  clearTimeout(distantTimer);
  if (!document.hidden) distantTimer = setTimeout(askDistant, ms);
}

/** What listeners read of a session. Its addresses would match the digits of their ports. */
function searchedText(session) {
  const { path, description, genre } = session;
  const title = session.onAir ? nowPlaying(session) : '';
  return [nameOf(session), title, path, description ?? '', genre ?? ''].join(' ').toLowerCase();
}

/** Hides what does not contain all the words. */
function search() {
  const field = byId('search');
  field.hidden = !isConnected && items.size < SEARCHED_MIN && field.value === '';
  const chosen = byId('genre').value;
  const words = field.value.toLowerCase().split(/\s+/);
  for (const item of items.values()) {
    const text = searchedText(item.session);
    const isOfGenre = chosen === '' || (item.session.genre ?? '').trim().toLowerCase() === chosen;
    item.hidden = !isOfGenre || !words.every((word) => text.includes(word));
  }
}

/** The session that is played as it is now; one that has gone is off the air. */
function follow(local) {
  const sessions = [...local, ...distant];
  if (current === undefined) return;
  const { path } = current;
  const wasOnAir = current.onAir;
  current = sessions.find((session) => session.path === path) ?? { ...current, onAir: false };
  const isHeard = playerState === 'playing';
  if (!isHeard && wasOnAir !== current.onAir) tuneIn();
  else showPlaying();
}

/** The map of the only session, if everybody may look at it. */
function showMap(sessions) {
  const frame = byId('overlay');
  const [only, another] = sessions;
  frame.hidden = !hasMap || only === undefined || another !== undefined;
  const path = frame.hidden ? '' : mapPath(only);
  if ((frame.getAttribute('src') ?? '') === path) return;
  if (path === '') frame.removeAttribute('src');
  else frame.src = path;
}

function show({ cluster, sessions: all }) {
  const sessions = all.filter(({ unlisted }) => !unlisted);
  hasMap = cluster.publicMap === true;
  showSessions(sessions);
  markCurrent();
  follow(sessions);
  showMap(sessions);
  const onAir = sessions.filter((session) => session.onAir).length;
  const listeners = plural(cluster.listeners, 'listener', 'listeners');
  byId('summary').textContent = `${onAir} on the air · ${listeners} at this cluster`;
  const isEmpty = sessions.length === 0 && distant.length === 0;
  if (isEmpty && byId('empty').hidden) byId('how').open = true;
  byId('empty').hidden = !isEmpty;
}

async function poll() {
  try {
    const response = await fetch('status', { signal: AbortSignal.timeout(5000) });
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
byId('search').addEventListener('input', () => {
  search();
  askDistantIn(TYPING_MS);
});
byId('genre').addEventListener('change', () => {
  search();
  askDistantIn(0);
});
navigator.mediaSession?.setActionHandler('stop', stop);
document.addEventListener('visibilitychange', () => {
  schedule(0);
  askDistantIn(0);
});
for (const element of document.querySelectorAll('[data-origin]')) {
  element.textContent = new URL('.', location.href).href.replace(/\/$/, '');
}
poll();
askDistant();
