// SPDX-License-Identifier: Apache-2.0
// The servers of this dashboard and their keys. Names and addresses outlive the tab, keys do not.
import { Store } from './store';

export interface Server {
  id: string;
  name: string;
  url: string; // '' = the server that this page came from
}

export const OWN: Server = { id: 'own', name: location.host, url: '' };

const SERVERS = 'waxwing.servers';
const KEYS = 'waxwing.keys';

function read<T>(storage: Storage, name: string, otherwise: T): T {
  try {
    return JSON.parse(storage.getItem(name) ?? 'null') ?? otherwise;
  } catch {
    return otherwise;
  }
}

export const servers = new Store<Server[]>([OWN, ...read<Server[]>(localStorage, SERVERS, [])]);
const keys = new Map<string, string>(Object.entries(read<Record<string, string>>(sessionStorage, KEYS, {})));

export const keyOf = (server: Server): string => keys.get(server.id) ?? '';

export function setKey(server: Server, key: string): void {
  keys.set(server.id, key);
  sessionStorage.setItem(KEYS, JSON.stringify(Object.fromEntries(keys)));
}

function keep(list: Server[]): void {
  localStorage.setItem(SERVERS, JSON.stringify(list.filter((server) => server.id !== OWN.id)));
  servers.set(list);
}

export function addServer(name: string, url: string, key: string): void {
  const server = { id: crypto.randomUUID?.() ?? String(Date.now()), name, url };
  setKey(server, key);
  keep([...servers.get(), server]);
}

export function removeServer(server: Server): void {
  setKey(server, '');
  keep(servers.get().filter((other) => other.id !== server.id));
}

// "https://host:port" of what was typed, or nothing when that is no address of a server.
export function addressOf(text: string): string | undefined {
  try {
    const url = new URL(text.includes('://') ? text : `http://${text}`);
    const good = (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '';
    return good ? url.origin + url.pathname.replace(/\/+$/, '') : undefined;
  } catch {
    return undefined;
  }
}
