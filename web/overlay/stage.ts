/**
 * The canvas: its size, what part of the plane it shows, and which SCX somebody points at. It is moved
 * by dragging and by the arrow keys, and scaled by the wheel and by + and -; 0 shows all.
 */
import { type Palette, radiusOf, type View } from './draw.js';
import type { Layout } from './layout.js';
import type { Picture } from './picture.js';

export interface Stage {
  readonly still: CanvasRenderingContext2D;
  readonly motion: CanvasRenderingContext2D;
  readonly view: View;
  readonly ratio: number;
  /** In px of the page. */
  readonly width: number;
  readonly height: number;
  palette(): Palette;
}

export interface StageOptions {
  /** That of what stands still, and the one above it. */
  readonly canvas: HTMLCanvasElement;
  readonly above: HTMLCanvasElement;
  readonly layout: Layout;
  picture(): Picture;
  onSelect(id: string | undefined): void;
  /** Something must be drawn anew; `isResized`: and arranged. */
  onChange(isResized: boolean): void;
}

const SCALE = { least: 0.5, most: 12 } as const;
const STEP_PX = 60;
/** A press that moves less is a click, px. */
const CLICK_PX = 4;
/** How far from an SCX a click may be, px. */
const NEAR_PX = 8;

const COLOURS = ['ink', 'faint', 'accent', 'live', 'paper', 'card'] as const;

function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const found = COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]);
  return Object.fromEntries(found) as unknown as Palette;
}

interface Press {
  x: number;
  y: number;
  moved: number;
}

/** Sets up the canvas. */
export function createStage(options: StageOptions): Stage {
  const { canvas, above, layout, onSelect, onChange } = options;
  const [still, motion] = [canvas, above].map((one) => one.getContext('2d')) as [
    CanvasRenderingContext2D,
    CanvasRenderingContext2D,
  ];
  const view: View = { scale: 1, x: 0, y: 0 };
  const size = { width: 0, height: 0, ratio: 1 };
  let palette = readPalette();
  let press: Press | undefined;

  const zoom = (by: number, x: number, y: number): void => {
    const scale = Math.min(SCALE.most, Math.max(SCALE.least, view.scale * by));
    const share = scale / view.scale;
    view.x = x - (x - view.x) * share;
    view.y = y - (y - view.y) * share;
    view.scale = scale;
    onChange(false);
  };

  const move = (dx: number, dy: number): void => {
    view.x += dx;
    view.y += dy;
    onChange(false);
  };

  const showAll = (): void => {
    Object.assign(view, { scale: 1, x: 0, y: 0 });
    onChange(false);
  };

  /** The SCX at a point of the canvas. */
  const scxAt = (x: number, y: number): string | undefined => {
    const [px, py] = [(x - view.x) / view.scale, (y - view.y) / view.scale];
    let nearest: { readonly id: string; readonly distance: number } | undefined;
    for (const { id, sketch } of options.picture().scxs.values()) {
      const at = layout.at(id);
      if (at === undefined) continue;
      const distance = Math.hypot(at.x - px, at.y - py) - radiusOf(sketch?.listeners ?? 0);
      if (distance < NEAR_PX && distance < (nearest?.distance ?? Number.POSITIVE_INFINITY)) {
        nearest = { id, distance };
      }
    }
    return nearest?.id;
  };

  const resize = (): void => {
    const { clientWidth, clientHeight } = canvas;
    size.ratio = Math.min(2, devicePixelRatio || 1);
    Object.assign(size, { width: clientWidth, height: clientHeight });
    for (const one of [canvas, above]) {
      one.width = Math.round(clientWidth * size.ratio);
      one.height = Math.round(clientHeight * size.ratio);
    }
    onChange(true);
  };

  const KEYS: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => move(STEP_PX, 0),
    ArrowRight: () => move(-STEP_PX, 0),
    ArrowUp: () => move(0, STEP_PX),
    ArrowDown: () => move(0, -STEP_PX),
    '+': () => zoom(1.25, size.width / 2, size.height / 2),
    '-': () => zoom(0.8, size.width / 2, size.height / 2),
    '0': showAll,
    Escape: () => onSelect(undefined),
  };

  canvas.addEventListener('keydown', (event) => {
    const act = event.ctrlKey || event.metaKey ? undefined : KEYS[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    press = { x: event.offsetX, y: event.offsetY, moved: 0 };
  });
  canvas.addEventListener('pointermove', (event) => {
    const { offsetX, offsetY } = event;
    if (press === undefined) {
      canvas.classList.toggle('on-scx', scxAt(offsetX, offsetY) !== undefined);
      return;
    }
    const [dx, dy] = [offsetX - press.x, offsetY - press.y];
    press = { x: offsetX, y: offsetY, moved: press.moved + Math.abs(dx) + Math.abs(dy) };
    if (press.moved > CLICK_PX) move(dx, dy);
  });
  canvas.addEventListener('pointerup', (event) => {
    const wasClick = press !== undefined && press.moved <= CLICK_PX;
    press = undefined;
    if (wasClick) onSelect(scxAt(event.offsetX, event.offsetY));
  });
  canvas.addEventListener('pointercancel', () => {
    press = undefined;
  });
  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15, event.offsetX, event.offsetY);
    },
    { passive: false },
  );
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    palette = readPalette();
    onChange(false);
  });
  new ResizeObserver(resize).observe(canvas);

  return {
    ...{ still, motion, view },
    get ratio() {
      return size.ratio;
    },
    get width() {
      return size.width;
    },
    get height() {
      return size.height;
    },
    palette: () => palette,
  };
}
