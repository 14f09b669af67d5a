/**
 * Server-sent events of the cluster, as long as the page is there: asked for again whenever they end. They
 * are read with fetch and not with EventSource, which cannot send the operator's token.
 */
import { createCutter } from './cutter.js';

export type LiveState =
  /** The operator's token is needed, or it is wrong. */
  | { readonly kind: 'refused'; readonly isWrong: boolean }
  | { readonly kind: 'connecting' }
  /** Something was told. */
  | { readonly kind: 'live' }
  /** The cluster does not answer, or says why not. */
  | { readonly kind: 'lost'; readonly reason: string };

export interface EventsOptions {
  readonly url: string;
  /** A longer event is dropped. */
  readonly lengthMax: number;
  token(): string | undefined;
  onState(state: LiveState): void;
  /** The data of an event. */
  onEvent(data: string): void;
}

export interface Live {
  /** Asks again now. */
  restart(): void;
}

const RETRY_MS = { first: 500, most: 10_000 };
/** The cluster sends something at least each 15 s. */
const SILENCE_MS = 40_000;

async function read(
  { body }: Response,
  { lengthMax, onEvent, onState }: EventsOptions,
  onBytes: () => void,
): Promise<void> {
  const cut = createCutter('\n\n', lengthMax, (event) => {
    if (!event.startsWith('data: ')) return;
    onState({ kind: 'live' });
    onEvent(event.slice(6));
  });
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: '' };
    if (done) return;
    onBytes();
    cut(value ?? '');
  }
}

/** One request, until it ends; true if it told something. */
async function follow(options: EventsOptions, controller: AbortController): Promise<boolean> {
  const token = options.token();
  const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
  const silence = () => setTimeout(() => controller.abort(), SILENCE_MS);
  let timer = silence();
  try {
    const response = await fetch(options.url, { headers, signal: controller.signal });
    if (response.status === 401 || response.status === 403) {
      options.onState({ kind: 'refused', isWrong: token !== undefined });
      return false;
    }
    if (!response.ok) throw new Error((await response.text()).trim().slice(0, 300));
    await read(response, options, () => {
      clearTimeout(timer);
      timer = silence();
    });
    return true;
  } catch (error) {
    const isNetwork = error instanceof TypeError || controller.signal.aborted;
    const reason = isNetwork ? 'The cluster does not answer' : String((error as Error).message);
    options.onState({ kind: 'lost', reason });
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** Begins to follow the events. */
export function followEvents(options: EventsOptions): Live {
  let controller = new AbortController();
  let retryMs = RETRY_MS.first;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isRefused = false;

  const run = async (): Promise<void> => {
    const own = new AbortController();
    controller = own;
    isRefused = false;
    options.onState({ kind: 'connecting' });
    const hasTold = await follow(
      {
        ...options,
        onState: (state) => {
          if (own !== controller) return;
          isRefused = state.kind === 'refused';
          options.onState(state);
        },
      },
      own,
    );
    if (own !== controller || isRefused) return;
    retryMs = hasTold ? RETRY_MS.first : Math.min(RETRY_MS.most, retryMs * 2);
    timer = setTimeout(run, retryMs * (0.5 + Math.random() / 2));
  };

  void run();
  return {
    restart: () => {
      clearTimeout(timer);
      controller.abort();
      void run();
    },
  };
}
