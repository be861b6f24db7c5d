// SPDX-License-Identifier: Apache-2.0
// Sessions of all servers as rows, and which of them are wanted.
import type { ServerState } from '../api/fleet';
import type { Server } from '../api/servers';
import type { Session, Status } from '../api/types';
import { isObject } from '../form/schema';

export interface Row {
  id: string; // unique over all servers
  server: Server;
  session: Session;
  engine: string;
}

export interface Wanted {
  text: string;
  status: Status | '';
  engine: string;
  server: string;
}

export const ALL: Wanted = { text: '', status: '', engine: '', server: '' };

// Servers that are no Waxwing do not tell what a stopped session is configured for.
export function engineOf(session: Session, fallback: string): string {
  const chosen = session.config?.engine;
  return session.engine?.engine ?? session.configuredEngine ?? (typeof chosen === 'string' && chosen !== '' ? chosen : fallback);
}

export function rowsOf(states: ServerState[]): Row[] {
  return states.flatMap(({ server, sessions, version }) =>
    [...sessions.values()]
      .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))
      .map((session) => ({ id: `${server.id}/${session.name}`, server, session, engine: engineOf(session, version?.engine ?? '') })));
}

export function metadataOf(session: Session): [string, string][] {
  const metadata = session.config?.metadata;
  return isObject(metadata) ? Object.entries(metadata).map(([name, value]) => [name, String(value)]) : [];
}

export const phoneOf = (session: Session): string => session.me?.id.replace(/[:@].*$/, '') ?? '';

// What the search looks at, made once for each state of a session.
const texts = new WeakMap<Session, string>();
function textOf(session: Session): string {
  let text = texts.get(session);
  if (text === undefined) {
    const metadata = metadataOf(session).flatMap(([name, value]) => [value, `${name}:${value}`, `${name}=${value}`]);
    text = [session.name, phoneOf(session), session.me?.pushName ?? '', ...metadata].join('\n').toLowerCase();
    texts.set(session, text);
  }
  return text;
}

export function select(rows: Row[], wanted: Wanted): Row[] {
  const parts = wanted.text.toLowerCase().split(/\s+/).filter(Boolean).map((part) => part.replace(/^\+(?=\d)/, ''));
  return rows.filter(({ session, engine, server }) =>
    (wanted.status === '' || session.status === wanted.status) &&
    (wanted.engine === '' || engine === wanted.engine) &&
    (wanted.server === '' || server.id === wanted.server) &&
    parts.every((part) => textOf(session).includes(part)));
}
