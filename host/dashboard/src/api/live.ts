// SPDX-License-Identifier: Apache-2.0
// Events of a server on /ws: comes back by itself, without a gap.
import { keyOf, type Server } from './servers';
import type { Event } from './types';

const SHORTEST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
const POLICY = 1008; // close code: the key is wrong

export interface Listener {
  query: Record<string, string>;
  onEvent: (event: Event) => void;
  onState?: (connected: boolean) => void;
}

// Listens until the function that it returns is called.
export function listen(server: Server, { query, onEvent, onState }: Listener): () => void {
  let socket: WebSocket | undefined;
  let timer = 0;
  let pause = SHORTEST_PAUSE_MS;
  let since: string | undefined;
  let ended = false;

  const open = () => {
    const url = new URL(`${server.url || location.origin}/ws`);
    url.protocol = url.protocol.replace('http', 'ws');
    const key = keyOf(server);
    const all = { ...query, ...(since && { since }), ...(key && { 'x-api-key': key }) };
    url.search = new URLSearchParams(all).toString();
    socket = new WebSocket(url);
    socket.onopen = () => {
      pause = SHORTEST_PAUSE_MS;
      onState?.(true);
    };
    socket.onmessage = ({ data }) => {
      const event = JSON.parse(data) as Event;
      since = event.id;
      onEvent(event);
    };
    socket.onclose = ({ code }) => {
      onState?.(false);
      if (ended || code === POLICY) return;
      timer = window.setTimeout(open, pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    };
  };
  open();
  return () => {
    ended = true;
    window.clearTimeout(timer);
    socket?.close();
  };
}
