import { useCallback, useEffect, useState } from 'preact/hooks';
import { type Address, readAddress, writeAddress } from './address.ts';

/** Goes to an address. `replace`: what is typed letter by letter is one step back, not many. */
export type Go = (to: Address, how?: 'replace') => void;

/** The address bar as a state of the page; back and forward work. */
export function useAddress(): [Address, Go] {
  const [address, setAddress] = useState(() => readAddress(location.search));
  useEffect(() => {
    const follow = () => setAddress(readAddress(location.search));
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, []);
  const go = useCallback<Go>((to, how) => {
    const url = `${location.pathname}${writeAddress(to)}`;
    if (how === 'replace') history.replaceState(null, '', url);
    else history.pushState(null, '', url);
    setAddress(to);
  }, []);
  return [address, go];
}
