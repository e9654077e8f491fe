import { useState } from 'preact/hooks';
import { Refused } from './refused.ts';

interface Attempt {
  busy: boolean;
  /** Why the last one came to nothing. */
  failure: Refused | undefined;
  /** Does the work, one at a time, and then what follows from it. */
  attempt(work: () => Promise<void>, then: () => void): Promise<void>;
}

/** Something that is tried, and may be tried again. */
export function useAttempt(): Attempt {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Refused>();
  return {
    busy,
    failure,
    async attempt(work, then) {
      if (busy) return;
      setBusy(true);
      setFailure(undefined);
      try {
        await work();
        then();
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        setFailure(error);
      } finally {
        setBusy(false);
      }
    },
  };
}
