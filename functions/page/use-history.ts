import { useEffect, useRef, useState } from 'preact/hooks';
import type { Filters } from './address.ts';
import type { ProjectApi, Version } from './api.ts';
import { History, type HistoryState } from './history.ts';

/** The history as a state of the page; it rests while the page is not seen. */
export function useHistory(
  api: ProjectApi,
  filters: Filters,
  arrived: (versions: Version[]) => void,
): [HistoryState, History | undefined] {
  const [state, setState] = useState<HistoryState>();
  const [history, setHistory] = useState<History>();
  const listener = useRef(arrived);
  listener.current = arrived;
  useEffect(() => {
    const made = new History(api, filters, {
      changed: setState,
      arrived: (versions) => listener.current(versions),
    });
    setHistory(made);
    setState(made.state);
    void made.refresh();
    const rest = () => {
      made.pause(document.hidden);
      // What the pipeline has done meanwhile.
      if (!document.hidden) void made.refresh();
    };
    document.addEventListener('visibilitychange', rest);
    return () => {
      document.removeEventListener('visibilitychange', rest);
      made.stop();
    };
  }, [api, filters]);
  return [state ?? { timeline: null, total: null, publication: null, busy: true, failure: null }, history];
}
