/**
 * Draws the overlay on two canvases. Mesh edges, the tree of a source and SCXs by their listeners are on
 * one that is drawn when they change. What moves all the time, which is what flows through the tree and
 * what has happened a moment ago, is on another one above it, which has little to draw. Lines of one look
 * are one path. So 500 SCXs take a small part of a frame, also without a graphics processor.
 */
import type { Layout, Point } from './layout.js';
import { type Happening, NEWS_MS, type Picture, parentOf } from './picture.js';

/** From one SCX to another; both ends move with the SCXs. */
type Line = readonly [from: Point, to: Point];

/** What connects SCXs. It is computed when the picture has changed, and drawn in each frame. */
export interface Lines {
  /** Mesh edges. */
  readonly mesh: readonly Line[];
  /** Those of them that were new then, and since when. */
  readonly fresh: readonly { readonly line: Line; readonly since: number }[];
  /** The edges of the source's tree, from parent to child. */
  readonly tree: readonly Line[];
}

interface Scene {
  readonly picture: Picture;
  readonly layout: Layout;
  readonly lines: Lines;
  /** The instant that is shown, ms. */
  readonly position: number;
  /** The source whose tree is drawn; undefined: there is none. */
  readonly source: { readonly id: string; readonly scx: string } | undefined;
  readonly selected: string | undefined;
  readonly showsMesh: boolean;
  /** How far what flows has come, px; 0: it stands still. */
  readonly flow: number;
}

/** Which part of the plane the canvas shows. */
export interface View {
  scale: number;
  x: number;
  y: number;
}

export interface Palette {
  readonly ink: string;
  readonly faint: string;
  readonly accent: string;
  readonly live: string;
  readonly paper: string;
  readonly card: string;
}

/** A dot, and what is between two on a line, px. */
const DOT = 4;
export const DOTS_APART = 24;
const MANY_LINES = 150;
/** SCXs that have a label; more would cover each other. */
const LABELS_MAX = 60;

/** The radius of an SCX with that many listeners, px. */
export const radiusOf = (listeners: number): number =>
  6 + Math.min(10, 2 * Math.log2(1 + Math.max(0, listeners)));

function strokeAll(canvas: CanvasRenderingContext2D, lines: readonly Line[]): void {
  canvas.beginPath();
  for (const [from, to] of lines) {
    canvas.moveTo(from.x, from.y);
    canvas.lineTo(to.x, to.y);
  }
  canvas.stroke();
}

/** The edges of a source's tree, from parent to child. */
function treeLines(picture: Picture, layout: Layout, source: string): readonly Line[] {
  const lines: Line[] = [];
  for (const line of picture.scxs.values()) {
    const parent = parentOf(line, source);
    const from = parent === undefined ? undefined : layout.at(parent);
    const to = layout.at(line.id);
    if (from !== undefined && to !== undefined) lines.push([from, to]);
  }
  return lines;
}

/** What connects the SCXs of a picture. `position`: the instant that is shown, ms. */
export function linesOf(
  picture: Picture,
  layout: Layout,
  source: string | undefined,
  position: number,
): Lines {
  const mesh: Line[] = [];
  const fresh: { readonly line: Line; readonly since: number }[] = [];
  for (const { a, b, since } of picture.edges()) {
    const [from, to] = [layout.at(a), layout.at(b)];
    if (from === undefined || to === undefined) continue;
    const line: Line = [from, to];
    mesh.push(line);
    if (since <= position && position - since < NEWS_MS) fresh.push({ line, since });
  }
  const tree = source === undefined ? [] : treeLines(picture, layout, source);
  return { mesh, fresh, tree };
}

function drawMesh(
  canvas: CanvasRenderingContext2D,
  { lines: { mesh } }: Scene,
  palette: Palette,
): void {
  // Many lines that cross are one area, before which the tree must be seen.
  canvas.globalAlpha = mesh.length > MANY_LINES * 4 ? 0.3 : 0.7;
  canvas.lineWidth = 1;
  canvas.strokeStyle = palette.faint;
  strokeAll(canvas, mesh);
  canvas.globalAlpha = 1;
}

/** A new edge is seen to appear. */
function drawFresh(canvas: CanvasRenderingContext2D, scene: Scene, palette: Palette): void {
  const { fresh } = scene.lines;
  if (fresh.length > MANY_LINES) return; // everything is new: nothing stands out
  canvas.strokeStyle = palette.accent;
  canvas.lineWidth = 3;
  for (const { line, since } of fresh) {
    const age = (scene.position - since) / NEWS_MS;
    if (age < 0 || age >= 1) continue;
    canvas.globalAlpha = 1 - age;
    strokeAll(canvas, [line]);
  }
  canvas.globalAlpha = 1;
}

function drawTree(canvas: CanvasRenderingContext2D, scene: Scene, palette: Palette): void {
  canvas.strokeStyle = palette.accent;
  canvas.globalAlpha = 0.55;
  canvas.lineWidth = 2;
  strokeAll(canvas, scene.lines.tree);
  canvas.globalAlpha = 1;
}

/** Dots that go from parent to child: fewer where there are many lines. */
function drawFlow(canvas: CanvasRenderingContext2D, scene: Scene, palette: Palette): void {
  const lines = scene.lines.tree;
  const apart = lines.length > MANY_LINES ? 3 * DOTS_APART : DOTS_APART;
  canvas.fillStyle = palette.accent;
  canvas.beginPath();
  for (const [from, to] of lines) {
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const length = Math.hypot(dx, dy);
    for (let at = scene.flow % apart; at < length; at += apart) {
      const share = at / length;
      canvas.rect(from.x + dx * share - DOT / 2, from.y + dy * share - DOT / 2, DOT, DOT);
    }
  }
  canvas.fill();
}

function circles(
  canvas: CanvasRenderingContext2D,
  spots: readonly (Point & { r: number })[],
): void {
  canvas.beginPath();
  for (const { x, y, r } of spots) {
    canvas.moveTo(x + r, y);
    canvas.arc(x, y, r, 0, 2 * Math.PI);
  }
}

function drawScxs(canvas: CanvasRenderingContext2D, scene: Scene, palette: Palette): void {
  const { picture, layout, source, selected } = scene;
  const told: (Point & { r: number })[] = [];
  const hearsay: (Point & { r: number })[] = [];
  for (const { id, sketch } of picture.scxs.values()) {
    const at = layout.at(id);
    if (at === undefined) continue;
    (sketch === null ? hearsay : told).push({ ...at, r: radiusOf(sketch?.listeners ?? 0) });
  }
  canvas.lineWidth = 2;
  circles(canvas, told);
  canvas.fillStyle = palette.accent;
  canvas.fill();
  canvas.strokeStyle = palette.paper;
  canvas.stroke();
  circles(canvas, hearsay);
  canvas.fillStyle = palette.card;
  canvas.fill();
  canvas.strokeStyle = palette.faint;
  canvas.stroke();
  ring(canvas, source && layout.at(source.scx), 13, palette.live);
  const isThere = selected !== undefined && picture.scxs.has(selected);
  ring(canvas, isThere ? layout.at(selected) : undefined, 18, palette.ink);
}

function ring(
  canvas: CanvasRenderingContext2D,
  at: Point | undefined,
  r: number,
  colour: string,
): void {
  if (at === undefined) return;
  circles(canvas, [{ ...at, r }]);
  canvas.lineWidth = 2.5;
  canvas.strokeStyle = colour;
  canvas.stroke();
}

function drawLabels(canvas: CanvasRenderingContext2D, scene: Scene, palette: Palette): void {
  const { picture, layout } = scene;
  if (picture.scxs.size > LABELS_MAX) return;
  canvas.font = '12px system-ui, sans-serif';
  canvas.textAlign = 'center';
  canvas.fillStyle = palette.faint;
  for (const { id, sketch } of picture.scxs.values()) {
    const at = layout.at(id);
    if (at === undefined) continue;
    const y = at.y + radiusOf(sketch?.listeners ?? 0) + 14;
    canvas.fillText(shortName(id), at.x, y);
  }
}

/** What people call an SCX: the end of its id, as simulated ids begin alike. */
export const shortName = (id: string): string => id.slice(-6);

function drawHappening(
  canvas: CanvasRenderingContext2D,
  { at, what }: Happening,
  scene: Scene,
  spot: Point,
  palette: Palette,
): void {
  const age = Math.max(0, scene.position - at) / NEWS_MS;
  canvas.globalAlpha = 1 - age;
  if (what === 'gone') drawCross(canvas, spot, palette.live);
  ring(canvas, spot, 8 + 26 * age, what === 'joined' ? palette.accent : palette.live);
  canvas.globalAlpha = 1;
}

function drawCross(canvas: CanvasRenderingContext2D, { x, y }: Point, colour: string): void {
  canvas.strokeStyle = colour;
  canvas.lineWidth = 3;
  strokeAll(canvas, [
    [
      { x: x - 7, y: y - 7 },
      { x: x + 7, y: y + 7 },
    ],
    [
      { x: x + 7, y: y - 7 },
      { x: x - 7, y: y + 7 },
    ],
  ]);
}

/** What the canvas shows, and how. */
export interface Frame {
  readonly scene: Scene;
  readonly view: View;
  readonly palette: Palette;
  /** Pixels of the device for one of the page. */
  readonly ratio: number;
}

function clear(canvas: CanvasRenderingContext2D, { view, ratio }: Frame): void {
  const { width, height } = canvas.canvas;
  canvas.setTransform(1, 0, 0, 1, 0, 0);
  canvas.clearRect(0, 0, width, height);
  canvas.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * view.x, ratio * view.y);
}

/** Draws what stands still. */
export function drawStill(canvas: CanvasRenderingContext2D, frame: Frame): void {
  const { scene, palette } = frame;
  clear(canvas, frame);
  if (scene.showsMesh) drawMesh(canvas, scene, palette);
  drawTree(canvas, scene, palette);
  drawScxs(canvas, scene, palette);
  drawLabels(canvas, scene, palette);
}

/** Draws what moves. */
export function drawMotion(canvas: CanvasRenderingContext2D, frame: Frame): void {
  const { scene, palette } = frame;
  clear(canvas, frame);
  if (scene.showsMesh) drawFresh(canvas, scene, palette);
  drawFlow(canvas, scene, palette);
  for (const happening of scene.picture.news(scene.position)) {
    const spot = scene.layout.at(happening.id);
    if (spot !== undefined) drawHappening(canvas, happening, scene, spot, palette);
  }
}
