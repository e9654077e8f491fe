import { useEffect, useRef } from 'preact/hooks';
import type { Version } from './api.ts';

/** When what had the focus is gone from the list, the list has it: the keyboard goes on from there, not from the top. */
export function useFocusKept(versions: readonly Version[]): void {
  const inList = useRef(false);
  useEffect(() => {
    const notice = () => {
      inList.current = document.activeElement?.closest('.versions') != null;
    };
    document.addEventListener('focusin', notice);
    return () => document.removeEventListener('focusin', notice);
  }, []);
  useEffect(() => {
    if (inList.current && document.activeElement === document.body) document.getElementById('versions')?.focus();
  }, [versions]);
}
