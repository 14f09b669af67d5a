/**
 * The page of a session, and the small player in pages of others: the player's buttons, and what is on,
 * which is asked for every few seconds while somebody sees or hears it.
 *
 * Titles come from strangers: whatever they hold goes into the page as textContent only.
 */
import { createPlayer, STATE_TEXTS } from './player.js';
import { createRewind } from './rewind.js';

const POLL_MS = 4000;
const LAG_MS_MAX = 15_000;
const VOLUME_KEY = 'scattercast-volume';

const byId = (id) => document.getElementById(id);
const { root, path } = document.body.dataset;
/** In a page of another site nothing is kept in the browser. */
const isOwnPage = window === window.top;
const audio = byId('audio');
const name = byId('name').textContent;
const picture = byId('artwork'); // null: the session has none

let session; // as the cluster has told it last
let isLost = false; // the cluster did not answer the last time
let timer;
let showing;

function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** What the listener should know about the sound. */
function stateText() {
  const isOff = session && !session.onAir;
  if (isOff && player.isOn) return 'Off the air. It will play as soon as it is back.';
  if (isLost && !player.isOn) return 'The cluster does not answer just now; trying again.';
  return STATE_TEXTS[playerState] ?? (isOff ? 'Off the air' : 'On air');
}

let playerState = 'stopped';
const live = audio.getAttribute('src');
const player = createPlayer(audio, (state) => {
  playerState = state;
  showState();
});

const rewind = createRewind((query) => player.play(live + query));

function showState() {
  if (!player) return;
  const isOn = player.isOn;
  byId('radio').classList.toggle('current', isOn);
  byId('toggle').setAttribute('aria-label', `${isOn ? 'Stop' : 'Play'} ${name}`);
  setText(byId('state'), stateText());
  showElsewhere();
}

/** The picture of the session as it is seen, or else that of the product. */
function artworkNow() {
  const { src, naturalWidth: width, naturalHeight: height } = picture ?? {};
  if (width > 0) return [{ src, sizes: `${width}x${height}` }];
  return [{ src: new URL(`${root}/icon.svg`, location.href).href, type: 'image/svg+xml' }];
}

const heardTitle = () => (session?.onAir ? (rewind.heard(session) ?? '') : '');

/** For the lock screen, the media keys and the tab. */
function showElsewhere() {
  const title = heardTitle();
  if (isOwnPage) document.title = [title, name].filter(Boolean).join(' \u00b7 ');
  if (!('mediaSession' in navigator)) return;
  const about = { title: title || name, artist: title ? name : '', artwork: artworkNow() };
  navigator.mediaSession.metadata = player.isOn ? new MediaMetadata(about) : null;
  navigator.mediaSession.playbackState = player.isOn ? 'playing' : 'none';
}

const timeOf = (at) =>
  new Date(at).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });

/** Plays a title from its beginning. */
function listenButton(title, at) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'plain';
  button.textContent = 'Listen';
  button.setAttribute('aria-label', `Listen to ${title} from its beginning`);
  button.addEventListener('click', () => rewind.playFrom(at));
  return button;
}

function titleRow({ title, at }) {
  const [row, time, text] = ['li', 'time', 'span'].map((tag) => document.createElement(tag));
  time.dateTime = at;
  time.textContent = timeOf(at);
  text.dir = 'auto';
  text.textContent = title;
  row.append(time, ' ', text);
  if (rewind.has(at)) row.append(' ', listenButton(title, at));
  return row;
}

function showTitles(titles) {
  const list = byId('titles');
  const shown = `${titles[0]?.at} ${titles.filter(({ at }) => rewind.has(at)).length}`;
  if (list === null || list.dataset.shown === shown) return;
  list.dataset.shown = shown;
  byId('history').hidden = titles.length === 0;
  list.replaceChildren(...titles.map(titleRow));
}

/** How far what is heard is behind what has arrived, ms. */
function lagMs() {
  const { buffered, currentTime } = audio;
  if (!player.isOn || buffered.length === 0) return 0;
  return Math.min(LAG_MS_MAX, Math.max(0, buffered.end(buffered.length - 1) - currentTime) * 1000);
}

function show(told) {
  session = told;
  rewind.show(told.recordedFrom);
  setText(byId('now'), heardTitle());
  showTitles(told.titles);
  showState();
}

/** A title is shown when it is heard, and not when it is sent. */
function showWhenHeard(told) {
  const isNew = session !== undefined && told.playing !== session.playing;
  clearTimeout(showing);
  if (isNew) showing = setTimeout(show, lagMs(), told);
  else show(told);
}

async function poll() {
  try {
    const address = `${root}/api/sessions/${path}`;
    const response = await fetch(address, { signal: AbortSignal.timeout(5000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    isLost = false;
    showWhenHeard(await response.json());
  } catch {
    isLost = true;
    showState();
  }
  schedule();
}

/** Nobody polls for a page that nobody sees or hears. */
function schedule(delayMs = POLL_MS) {
  clearTimeout(timer);
  if (!document.hidden || player.isOn) timer = setTimeout(poll, delayMs);
}

/** The volume is remembered, unless the browser keeps nothing for this page. */
function stored(value) {
  try {
    if (value !== undefined) localStorage.setItem(VOLUME_KEY, value);
    return localStorage.getItem(VOLUME_KEY);
  } catch {
    return null;
  }
}

function setUpVolume() {
  const volume = byId('volume');
  const apply = () => {
    audio.volume = Number(volume.value) / 100;
  };
  if (isOwnPage) volume.value = stored() ?? '100';
  apply();
  volume.addEventListener('input', () => {
    apply();
    if (isOwnPage) stored(volume.value);
  });
}

function setUpSharing() {
  const button = byId('share');
  if (button === null || !navigator.share) return;
  byId('share-row').hidden = false;
  const page = { title: name, url: location.href };
  // A reader who changes their mind has not failed.
  button.addEventListener('click', () => navigator.share(page).catch(() => undefined));
}

/** A picture that cannot be had leaves no hole. */
function setUpPicture() {
  if (picture === null) return;
  const hide = () => {
    picture.hidden = true;
  };
  picture.addEventListener('error', hide);
  picture.addEventListener('load', showElsewhere);
  if (picture.complete && picture.naturalWidth === 0) hide();
}

function setUpMediaKeys() {
  const actions = { play: () => player.play(), pause: player.stop, stop: player.stop };
  for (const [action, handler] of Object.entries(actions)) {
    navigator.mediaSession?.setActionHandler(action, handler);
  }
}

byId('toggle').addEventListener('click', () => (player.isOn ? player.stop() : player.play()));
document.addEventListener('visibilitychange', () => schedule(0));
audio.controls = false;
audio.hidden = true;
byId('controls').hidden = false;
for (const time of document.querySelectorAll('time')) time.textContent = timeOf(time.dateTime);
setUpVolume();
setUpSharing();
setUpMediaKeys();
setUpPicture();
showState();
poll();
