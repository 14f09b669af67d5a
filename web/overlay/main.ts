/**
 * The map of an overlay: live, from the events of the cluster, or a recording that somebody opens. Both are
 * timelines of the same lines (timeline.ts), which one picture and one canvas show.
 */
import { followEvents, type Live, type LiveState } from '../common/follow-events.js';
import { keptToken, takeToken } from '../common/token.js';
import { createControls } from './controls.js';
import { detailRows, patchRows, tableRows } from './details.js';
import { DOTS_APART, drawMotion, drawStill, type Lines, linesOf, shortName } from './draw.js';
import { createForgetter } from './forgetter.js';
import { createLayout } from './layout.js';
import { openRecording } from './open-recording.js';
import { listenersIn, type SourceOfAll } from './picture.js';
import { LINE_LENGTH_MAX, readLine, type ScxLine } from './record.js';
import { createStage } from './stage.js';
import { createTimeline, type Timeline } from './timeline.js';

/** How much what flows moves in a second, px. */
const FLOW_PX = 48;
/** Interval at which coordinates are looked at again, ms. */
const ARRANGE_MS = 500;
/** Interval at which a picture that has changed is drawn anew, ms; what moves is drawn in each frame. */
const DRAW_MS = 100;
/** Interval at which what stands still is drawn at most, ms: it is most of the work. */
const STILL_MS = 30;
/** Interval at which text is brought up to date, ms. */
const TEXT_MS = 100;
/** The same for the table, which may be long, ms. */
const TABLE_MS = 500;
const byId = <Kind extends HTMLElement>(id: string): Kind => document.getElementById(id) as Kind;
const { root = '.', path = '' } = document.body.dataset;
const stillness = matchMedia('(prefers-reduced-motion: reduce)');

// In a frame of the home page the map alone is shown.
if (window !== window.top) document.body.classList.add('framed');

let timeline: Timeline = createTimeline({ isLive: path !== '' });
let isLive = path !== '';
let live: Live | undefined;
let token = takeToken();
let selected: string | undefined;
let source: SourceOfAll | undefined;
let arranged = { version: -1, picture: timeline.picture, size: 0, at: 0 };
let tabled = { version: -1, picture: timeline.picture, at: 0 };
let lines: Lines = { mesh: [], fresh: [], tree: [] };
let lined = { version: -1, picture: timeline.picture, source: '', at: 0 };
let isDirty = true;
let flow = 0;

function setText(id: string, text: string): void {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

const notify = (text: string): void => {
  setText('notice', text);
  byId('notice').hidden = text === '';
};

function select(id: string | undefined): void {
  selected = id;
  showText();
  isDirty = true;
}

const layout = createLayout();
const stage = createStage({
  canvas: byId<HTMLCanvasElement>('map'),
  above: byId<HTMLCanvasElement>('motion'),
  layout,
  picture: () => timeline.picture,
  onSelect: select,
  onChange: (isResized) => {
    if (isResized) arranged.version = -1;
    isDirty = true;
  },
});
const controls = createControls(
  () => timeline,
  () => {
    isDirty = true;
    showText();
  },
);

function arrange(): void {
  const { picture } = timeline;
  if (arranged.picture === picture && arranged.version === picture.version) return;
  const now = performance.now();
  const isUrgent = arranged.version === -1 || arranged.size !== picture.scxs.size;
  if (!isUrgent && now - arranged.at < ARRANGE_MS) return;
  arranged = { picture, version: picture.version, size: picture.scxs.size, at: now };
  layout.arrange(picture.scxs, stage.width, stage.height);
}

/** Computes what connects the SCXs, if it has changed. */
function connect(now: number): void {
  const { picture, position } = timeline;
  const id = source?.id ?? '';
  const isOther = lined.picture !== picture || lined.source !== id;
  if (!isOther && (lined.version === picture.version || now - lined.at < DRAW_MS)) return;
  lined = { version: picture.version, picture, source: id, at: now };
  lines = linesOf(picture, layout, source?.id, position);
  isDirty = true;
}

let shownAt = performance.now();
let textAt = 0;
let stillAt = 0;

function frame(now: number): void {
  const elapsed = Math.min(1000, now - shownAt);
  shownAt = now;
  timeline.pass(elapsed);
  arrange();
  connect(now);
  if (layout.move(stillness.matches ? 1 : Math.min(1, elapsed / 150))) isDirty = true;
  if (!stillness.matches && !timeline.isPaused) {
    flow = (flow + (FLOW_PX * elapsed) / 1000) % (3 * DOTS_APART);
  }
  draw(now);
  if (now - textAt > TEXT_MS) {
    textAt = now;
    showText();
  }
  requestAnimationFrame(frame);
}

let wasLively = false;

/** Whether what moves has to be drawn: something flows, or has happened a moment ago. */
function isLively(): boolean {
  const { picture, position, isPaused } = timeline;
  const isFlowing = !stillness.matches && !isPaused && lines.tree.length > 0;
  const isNow = isFlowing || picture.news(position).length > 0 || lines.fresh.length > 0;
  const result = isNow || wasLively; // what was drawn last has to go
  wasLively = isNow;
  return result;
}

/** Draws what has to be drawn, if anything. */
function draw(now: number): void {
  const moves = isLively();
  if (!isDirty && !moves) return;
  const { picture, position } = timeline;
  const showsMesh = byId<HTMLInputElement>('mesh').checked;
  const scene = { picture, layout, lines, position, source, selected, showsMesh, flow };
  const frame = { scene, view: stage.view, palette: stage.palette(), ratio: stage.ratio };
  if (isDirty && now - stillAt >= STILL_MS) {
    isDirty = false;
    stillAt = now;
    drawStill(stage.still, frame);
  }
  drawMotion(stage.motion, frame);
}

/** The source whose tree is shown: the one that was chosen, as long as it is there. */
function showSources(): void {
  const sources = timeline.picture.sources();
  const field = byId<HTMLSelectElement>('source');
  const ids = sources.map(({ id }) => id).join(' ');
  if (field.dataset.ids !== ids) {
    field.dataset.ids = ids;
    const before = field.value;
    field.replaceChildren(
      ...sources.map(({ id, scx }) => new Option(`${id.slice(0, 6)} at ${shortName(scx)}`, id)),
    );
    if (sources.some(({ id }) => id === before)) field.value = before;
  }
  byId('source-row').hidden = sources.length < 2;
  source = sources.find(({ id }) => id === field.value);
}

const plural = (count: number, what: string): string =>
  `${count.toLocaleString()} ${what}${count === 1 ? '' : 's'}`;

function summary(): string {
  const { picture } = timeline;
  const { size } = picture.scxs;
  const listeners = listenersIn(picture);
  return [
    plural(size, 'SCX'),
    plural(picture.edges().length, 'edge'),
    plural(listeners, 'listener'),
  ].join(' \u00b7 ');
}

function showDetails(line: ScxLine | undefined): void {
  byId('details').hidden = line === undefined;
  if (line === undefined) return;
  setText('details-name', `SCX ${shortName(line.id)}`);
  patchRows(byId('details-list'), detailRows(line, source?.id, select));
}

function showTable(): void {
  const { picture } = timeline;
  const isShown = tabled.picture === picture && tabled.version === picture.version;
  if (!byId<HTMLDetailsElement>('table').open || isShown) return;
  const now = performance.now();
  if (now - tabled.at < TABLE_MS) return;
  tabled = { picture, version: picture.version, at: now };
  patchRows(byId('rows'), tableRows(picture, source?.id, select));
}

function showText(): void {
  showSources();
  setText('summary', summary());
  showDetails(selected === undefined ? undefined : timeline.picture.scxs.get(selected));
  showTable();
  controls.show(isLive);
}

const LIVE_TEXTS = {
  connecting: 'Asking the cluster',
  live: '',
} as const;

function showLive(state: LiveState): void {
  byId('login').hidden = state.kind !== 'refused';
  if (state.kind === 'lost') return notify(`${state.reason}. Trying again.`);
  if (state.kind !== 'refused') return notify(LIVE_TEXTS[state.kind]);
  notify(state.isWrong ? 'That is not the token of the operator.' : '');
  byId<HTMLInputElement>('token').focus();
}

const forgetter = createForgetter(() => timeline);

/** All SCXs are told anew behind the header of a recording. */
function takeEvent(data: string): void {
  const line = readLine(data);
  if (line?.kind === 'recording') forgetter.begin(line.at);
  else if (line !== undefined) forgetter.take(line);
}

function startLive(): void {
  live = followEvents({
    url: `${root}/api/overlay/${path}`,
    lengthMax: LINE_LENGTH_MAX,
    token: () => token,
    onState: (state) => isLive && showLive(state),
    onEvent: (data) => isLive && takeEvent(data),
  });
}

/** Shows another timeline from its beginning. */
function become(next: Timeline): void {
  forgetter.end();
  isLive = false;
  timeline = next;
  controls.reset();
  byId('login').hidden = true;
  select(undefined);
}

async function open(file: File | undefined): Promise<void> {
  if (file === undefined) return;
  notify('');
  const found = await openRecording(file).catch(() => 'That file cannot be read.');
  if (typeof found === 'string') return notify(found);
  if (found.isCut) notify('The recording is very long: only its beginning is shown.');
  become(found.timeline);
  document.title = file.name;
  setText('name', file.name);
}

byId<HTMLInputElement>('file').addEventListener('change', ({ target }) => {
  void open((target as HTMLInputElement).files?.[0]);
});
addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', (event) => {
  event.preventDefault();
  void open(event.dataTransfer?.files[0]);
});
byId('login').addEventListener('submit', (event) => {
  event.preventDefault();
  token = keptToken(byId<HTMLInputElement>('token').value.trim());
  live?.restart();
});
byId('close-details').addEventListener('click', () => select(undefined));
byId('mesh').addEventListener('change', () => {
  isDirty = true;
});
for (const [id, event] of [
  ['source', 'change'],
  ['table', 'toggle'],
] as const) {
  byId(id).addEventListener(event, () => {
    tabled.version = -1;
    showText();
  });
}
byId('map-controls').hidden = false;
if (path !== '') startLive();
else notify('Open a recording of an overlay to see it.');
requestAnimationFrame(frame);
