// SPDX-License-Identifier: Apache-2.0
// Asking the server, once or again and again, while a component is there.
import { useCallback, useEffect, useRef, useState } from 'react';
import { words } from '../api/client';

export interface Asked<T> {
  value?: T;
  problem?: string;
  again: () => void;
}

// `deps` say when it is another question. Asked again every `every_ms` when that is given.
export function useAsked<T>(ask: () => Promise<T>, deps: unknown[], every_ms?: number): Asked<T> {
  const [state, setState] = useState<{ value?: T; problem?: string }>({});
  const run = useRef<() => void>(() => {});
  useEffect(() => {
    let gone = false;
    let timer = 0;
    run.current = async () => {
      window.clearTimeout(timer);
      try {
        const value = await ask();
        if (!gone) setState({ value });
      } catch (error) {
        if (!gone) setState((old) => ({ ...old, problem: words(error) }));
      }
      if (!gone && every_ms !== undefined) timer = window.setTimeout(run.current, every_ms);
    };
    setState({});
    run.current();
    return () => {
      gone = true;
      window.clearTimeout(timer);
    };
  }, deps);
  return { ...state, again: useCallback(() => run.current(), []) };
}

// Renders again every second.
export function useSeconds(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 1000);
    return () => window.clearInterval(timer);
  }, []);
  return now;
}

// Gives the focus back to where it was before a dialog that comes and goes with its component.
export function useFocusReturn(): void {
  const [before] = useState(() => document.activeElement);
  useEffect(() => () => {
    window.setTimeout(() => before instanceof HTMLElement && before.isConnected && before.focus());
  }, []);
}
