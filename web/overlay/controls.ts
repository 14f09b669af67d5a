/** The bar below the map: play and pause, the position, the speed. */
import type { Timeline } from './timeline.js';

const byId = <Kind extends HTMLElement>(id: string): Kind => document.getElementById(id) as Kind;

const two = (value: number): string => `${Math.floor(value)}`.padStart(2, '0');

/** A span of time as `1:02:03`. */
function spanText(spanMs: number): string {
  const seconds = Math.max(0, Math.floor(spanMs / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Sets up the bar. `timeline`: the present one; `onSeek`: the picture is another one now. */
export function createControls(timeline: () => Timeline, onSeek: () => void) {
  const [toggle, position] = [byId<HTMLButtonElement>('pause'), byId<HTMLInputElement>('position')];
  const [speed, time] = [byId<HTMLSelectElement>('speed'), byId<HTMLElement>('time')];
  const live = byId<HTMLButtonElement>('to-live');

  const seek = (to: number): void => {
    timeline().seek(to);
    onSeek();
  };

  toggle.addEventListener('click', () => {
    const shown = timeline();
    if (shown.isPaused || isAtEnd()) shown.play();
    else shown.pause();
    onSeek();
  });
  position.addEventListener('input', () => {
    const { begin, end } = timeline();
    seek(begin + (Number(position.value) / 1000) * (end - begin));
  });
  speed.addEventListener('change', () => {
    timeline().speed = Number(speed.value);
  });
  live.addEventListener('click', () => {
    timeline().play();
    seek(timeline().end);
  });

  const isAtEnd = (): boolean => {
    const { position: at, end, isFollowing } = timeline();
    return !isFollowing && at >= end;
  };

  return {
    /** Shows the state of the timeline. */
    show: (isLive: boolean): void => {
      const { begin, end, position: at, isPaused, isFollowing } = timeline();
      const isStopped = isPaused || isAtEnd();
      toggle.textContent = isStopped ? 'Play' : 'Pause';
      const span = Math.max(1, end - begin);
      if (document.activeElement !== position || !isStopped) {
        position.value = `${isFollowing ? 1000 : Math.round(((at - begin) / span) * 1000)}`;
      }
      const text = isFollowing ? 'Live' : `${spanText(at - begin)} of ${spanText(end - begin)}`;
      if (time.textContent !== text) time.textContent = text;
      position.setAttribute('aria-valuetext', text);
      live.hidden = !isLive || isFollowing;
    },
    reset: (): void => {
      timeline().speed = Number(speed.value);
    },
  };
}
