// SPDX-License-Identifier: Apache-2.0
// The state of all servers and their sessions: a list at the beginning and now and then, events between.
import { ApiError, get, words } from './client';
import { listen } from './live';
import { servers, setKey, type Server } from './servers';
import { Store } from './store';
import type { Engine, Event, Schema, Session, Status, Version } from './types';

// A session that was created or erased elsewhere is seen this late.
const REFRESH_MS = 10_000;

export type Phase = 'connecting' | 'locked' | 'online' | 'unreachable';

export interface ServerState {
  server: Server;
  phase: Phase;
  problem: string;
  live: boolean; // events arrive
  version?: Version;
  engines: Engine[];
  schema: Schema; // of a session's config
  sessions: ReadonlyMap<string, Session>;
}

class Member {
  state: ServerState;
  #hangUp: (() => void) | undefined;
  #timer = 0;

  constructor(server: Server) {
    this.state = { server, phase: 'connecting', problem: '', live: false, engines: [], schema: {}, sessions: new Map() };
    void this.refresh();
  }

  close(): void {
    window.clearTimeout(this.#timer);
    this.#hangUp?.();
    this.#hangUp = undefined;
  }

  change(edit: Partial<ServerState>): void {
    this.state = { ...this.state, ...edit };
    publish();
  }

  refresh = async (): Promise<void> => {
    window.clearTimeout(this.#timer);
    const { server } = this.state;
    try {
      const list = await get<Session[]>(server, '/api/sessions?all=true');
      if (this.state.phase !== 'online') await this.#greet();
      this.change({ phase: 'online', problem: '', sessions: new Map(list.map((session) => [session.name, session])) });
      this.#hangUp ??= listen(server, {
        query: { session: '*', events: 'session.status' },
        onEvent: this.#onEvent,
        onState: (live) => this.change({ live }),
      });
    } catch (error) {
      const locked = error instanceof ApiError && (error.status === 401 || error.status === 403);
      this.close();
      this.change({ phase: locked ? 'locked' : 'unreachable', problem: words(error), live: false });
    }
    if (this.state.phase !== 'locked') {
      this.#timer = window.setTimeout(document.hidden ? this.#later : this.refresh, REFRESH_MS);
    }
  };

  // Nobody looks: ask again when somebody does.
  #later = (): void => document.addEventListener('visibilitychange', () => void this.refresh(), { once: true });

  async #greet(): Promise<void> {
    const { server } = this.state;
    const [version, engines, schema] = await Promise.all([
      get<Version>(server, '/api/server/version'),
      get<Engine[]>(server, '/api/engines').catch(() => []),
      get<Schema>(server, '/api/session-config-schema').catch(() => ({})),
    ]);
    this.change({ version, engines, schema });
  }

  #onEvent = (event: Event): void => {
    const { status, reason } = (event.payload ?? {}) as { status?: Status; reason?: Session['reason'] };
    const known = this.state.sessions.get(event.session);
    if (known === undefined || status === undefined) {
      void this.refresh();
      return;
    }
    const { reason: _, ...rest } = known;
    const changed: Session = {
      ...rest, status, me: event.me ?? known.me, ...(reason && { reason }),
      ...(event.engine && { engine: { ...known.engine, engine: event.engine } }),
    };
    this.put(changed);
  };

  put(session: Session): void {
    this.change({ sessions: new Map(this.state.sessions).set(session.name, session) });
  }

  drop(name: string): void {
    const sessions = new Map(this.state.sessions);
    sessions.delete(name);
    this.change({ sessions });
  }
}

const members = new Map<string, Member>();
export const fleet = new Store<ServerState[]>([]);

// Many events of one moment are one change for those who look.
let announced = false;
function publish(): void {
  if (announced) return;
  announced = true;
  window.setTimeout(() => {
    announced = false;
    fleet.set([...members.values()].map((member) => member.state));
  }, 50);
}

function follow(): void {
  const wanted = servers.get();
  for (const [id, member] of members) {
    if (!wanted.some((server) => server.id === id)) {
      member.close();
      members.delete(id);
    }
  }
  for (const server of wanted) {
    if (!members.has(server.id)) members.set(server.id, new Member(server));
  }
  publish();
}

export function start(): void {
  servers.subscribe(follow);
  follow();
}

export function unlock(server: Server, key: string): Promise<void> {
  setKey(server, key);
  return members.get(server.id)!.refresh();
}

export const refresh = (server: Server): Promise<void> => members.get(server.id)?.refresh() ?? Promise.resolve();
export const putSession = (server: Server, session: Session): void => members.get(server.id)?.put(session);
export const dropSession = (server: Server, name: string): void => members.get(server.id)?.drop(name);
