import type { Filters } from './address.ts';
import type { ProjectApi, Publication, Version } from './api.ts';
import { nextWait } from './patience.ts';
import { Refused } from './refused.ts';
import { appended, isPending, refreshed, type Timeline } from './timeline.ts';

const PAGE = 20;
// The most the API answers at once.
const LARGEST_PAGE = 100;

export interface HistoryState {
  /** null until the first page is there. */
  timeline: Timeline | null;
  /** How many versions there are in all; null when that was not counted. */
  total: number | null;
  publication: Publication | null;
  busy: boolean;
  /** What the last request was refused for. */
  failure: Refused | null;
}

interface Listener {
  changed(state: HistoryState): void;
  /** Versions that were on their way and have arrived. */
  arrived(versions: Version[]): void;
}

/**
 * A project's history under some filters, as far as it has been loaded. One request at a time, in the order they were asked for. While something
 * loaded is on its way, the history looks again by itself, until it is paused or stopped.
 */
export class History {
  readonly #api: ProjectApi;
  readonly #filters: Filters;
  readonly #listener: Listener;
  #state: HistoryState = { timeline: null, total: null, publication: null, busy: false, failure: null };
  #queue: Promise<unknown> = Promise.resolve();
  #stopped = false;
  #paused = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wait: number | undefined;
  #seen: { limit: number; etag: string | undefined } | undefined;

  constructor(api: ProjectApi, filters: Filters, listener: Listener) {
    this.#api = api;
    this.#filters = filters;
    this.#listener = listener;
  }

  get state(): HistoryState {
    return this.#state;
  }

  /** Loads the beginning, or all that has been loaded again, and what is published. */
  refresh(): Promise<void> {
    return this.#inTurn(async () => {
      const wanted = Math.max(PAGE, this.#state.timeline?.versions.length ?? 0);
      const [{ timeline, total }, publication] = await Promise.all([this.#walk(wanted), this.#api.publication()]);
      this.#seen = undefined;
      this.#set({ timeline, total, publication });
    });
  }

  /** Loads the next page. */
  more(): Promise<void> {
    return this.#inTurn(async () => {
      const { timeline } = this.#state;
      if (!timeline || timeline.nextCursor === null) return;
      const { page } = await this.#api.page(this.#filters, { limit: PAGE, cursor: timeline.nextCursor });
      if (page) this.#set({ timeline: appended(timeline, page) });
    });
  }

  /** Not looking while nobody looks at the page; afterwards at once. */
  pause(paused: boolean): void {
    this.#paused = paused;
    this.#wait = undefined;
    this.#plan(0);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** The first `count` versions, or as many as there are. */
  async #walk(count: number): Promise<{ timeline: Timeline; total: number | null }> {
    const limit = Math.min(count, LARGEST_PAGE);
    const { page: first } = await this.#api.page(this.#filters, { limit });
    let timeline: Timeline = { versions: first?.versions ?? [], nextCursor: first?.nextCursor ?? null };
    while (timeline.versions.length < count && timeline.nextCursor !== null) {
      const { page } = await this.#api.page(this.#filters, { limit: LARGEST_PAGE, cursor: timeline.nextCursor });
      if (page) timeline = appended(timeline, page);
    }
    return { timeline, total: first?.total ?? null };
  }

  /** Reads the beginning again, as far as something in it is on its way. */
  #look(): Promise<void> {
    return this.#inTurn(async () => {
      const { timeline } = this.#state;
      const pending = timeline?.versions.slice(0, LARGEST_PAGE).filter(isPending) ?? [];
      const oldest = pending.at(-1);
      if (!timeline || !oldest) return;
      const limit = Math.min(LARGEST_PAGE, Math.max(PAGE, timeline.versions.indexOf(oldest) + 1));
      const etag = this.#seen?.limit === limit ? this.#seen.etag : undefined;
      const answer = await this.#api.page(this.#filters, { limit, etag });
      this.#seen = { limit, etag: answer.etag };
      this.#wait = nextWait(this.#wait, answer.page !== undefined && etag !== undefined);
      if (!answer.page) return;
      const { total, versions } = answer.page;
      const live = this.#state.publication?.version?.id;
      // Somebody else has decided meanwhile: who decides next is to have seen it.
      const moved = versions.some(({ id, isPublished }) => isPublished !== (id === live));
      const publication = moved ? await this.#api.publication() : this.#state.publication;
      this.#set({ timeline: refreshed(timeline, answer.page), publication, ...(total !== null && { total }) });
      const waiting = new Set(pending.map(({ id }) => id));
      const arrived = versions.filter((each) => waiting.has(each.id) && !isPending(each));
      if (arrived.length > 0) this.#listener.arrived(arrived);
    });
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const run = this.#queue.then(async () => {
      if (this.#stopped) return;
      clearTimeout(this.#timer);
      this.#set({ busy: true });
      try {
        await task();
        this.#set({ busy: false, failure: null });
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        this.#wait = nextWait(this.#wait, false);
        this.#set({ busy: false, failure: error });
      }
      this.#plan(this.#wait);
    });
    this.#queue = run.catch(() => {});
    return run;
  }

  #plan(wait = nextWait(undefined, false)): void {
    clearTimeout(this.#timer);
    const { timeline, failure } = this.#state;
    // Who is not signed in any more, or has no such project, need not be asked about again.
    const over = failure !== null && !failure.passes;
    if (this.#stopped || this.#paused || over || !timeline?.versions.slice(0, LARGEST_PAGE).some(isPending)) return;
    this.#timer = setTimeout(() => void this.#look(), wait);
  }

  #set(change: Partial<HistoryState>): void {
    if (this.#stopped) return;
    this.#state = { ...this.#state, ...change };
    this.#listener.changed(this.#state);
  }
}
