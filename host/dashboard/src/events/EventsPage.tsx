// SPDX-License-Identifier: Apache-2.0
// Events as they arrive: pause, filter, open, download.
import { Button, Group, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core';
import { memo, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { fleet } from '../api/fleet';
import { listen } from '../api/live';
import { useStore } from '../api/store';
import type { Event } from '../api/types';
import { JsonText } from '../ui/JsonText';
import { clock } from '../ui/time';

// What the page holds; older ones give way.
const KEPT = 2000;
const SHOWN = 200;
// "*" leaves out what most are not here for.
const NAMED = '*,engine.event,state.change,webhook.dropped';

interface Seen {
  server: string;
  event: Event;
  text: string; // what the filter looks at
}

function summary({ payload }: Event): string {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return String(payload ?? '');
  const { body, status, from, ackName, text, group } = payload;
  const subject = typeof group === 'object' && group !== null && !Array.isArray(group) ? group.subject : undefined;
  return [from, body ?? text ?? status ?? ackName ?? subject].filter((part) => typeof part === 'string').join(': ') || JSON.stringify(payload).slice(0, 160);
}

const Item = memo(function Item({ seen: { event, server }, several }: { seen: Seen; several: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          <time dateTime={new Date(event.timestamp).toISOString()} className="digits">{clock(event.timestamp)}</time>
          <b className="event-name">{event.event}</b>
          <span className="event-session">{event.session}{several && ` · ${server}`}</span>
          <span className="line event-text">{summary(event)}</span>
        </summary>
        {open && <JsonText value={event} />}
      </details>
    </li>
  );
});

function download(list: Seen[]): void {
  const lines = list.map(({ event }) => JSON.stringify(event)).join('\n');
  const url = URL.createObjectURL(new Blob([`${lines}\n`], { type: 'application/x-ndjson' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `events-${new Date().toISOString().replace(/[:.]/g, '-')}.ndjson`;
  link.click();
  URL.revokeObjectURL(url);
}

export function EventsPage() {
  const states = useStore(fleet);
  const [events, setEvents] = useState<Seen[]>([]);
  const [paused, setPaused] = useState(false);
  const [name, setName] = useState('');
  const [session, setSession] = useState('');
  const [text, setText] = useState('');
  const deferred = useDeferredValue(text);
  const pausedNow = useRef(paused);
  pausedNow.current = paused;
  const waiting = useRef<Seen[]>([]);
  const [held, setHeld] = useState(0);

  const online = states.filter((state) => state.phase === 'online').map((state) => state.server);
  const key = online.map((server) => server.id).join();
  useEffect(() => {
    const take = () => {
      if (pausedNow.current) {
        setHeld(waiting.current.length);
      } else if (waiting.current.length > 0) {
        const fresh = waiting.current.reverse();
        waiting.current = [];
        setHeld(0);
        setEvents((old) => [...fresh, ...old].slice(0, KEPT));
      }
    };
    const timer = window.setInterval(take, 200);
    const ends = online.map((server) => listen(server, {
      query: { session: '*', events: NAMED },
      onEvent: (event) => {
        waiting.current.push({ server: server.name, event, text: JSON.stringify(event).toLowerCase() });
        if (waiting.current.length > KEPT) waiting.current.shift();
      },
    }));
    return () => {
      window.clearInterval(timer);
      ends.forEach((end) => end());
    };
  }, [key]);

  const names = useMemo(() => [...new Set(events.map(({ event }) => event.event))].sort(), [events]);
  const sessions = useMemo(() => [...new Set(events.map(({ event }) => event.session))].sort(), [events]);
  const fits = useMemo(() => {
    const wanted = deferred.toLowerCase();
    return events.filter((seen) => (name === '' || seen.event.event === name) && (session === '' || seen.event.session === session) && seen.text.includes(wanted));
  }, [events, name, session, deferred]);

  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h2">Events</Title>
        <Group gap="xs">
          <Button variant="default" aria-pressed={paused} onClick={() => setPaused(!paused)}>{paused ? `Go on${held > 0 ? ` (${held} wait)` : ''}` : 'Pause'}</Button>
          <Button variant="default" disabled={events.length === 0} onClick={() => setEvents([])}>Clear</Button>
          <Button variant="default" disabled={fits.length === 0} onClick={() => download(fits)}>Download</Button>
        </Group>
      </Group>
      <Group align="end" className="filters">
        <TextInput flex={1} miw={220} type="search" label="Search" placeholder="Any text in an event" value={text} onChange={({ currentTarget }) => setText(currentTarget.value)} />
        <NativeSelect label="Event" value={name} data={[{ value: '', label: 'All events' }, ...names]} onChange={({ currentTarget }) => setName(currentTarget.value)} />
        <NativeSelect label="Session" value={session} data={[{ value: '', label: 'All sessions' }, ...sessions]} onChange={({ currentTarget }) => setSession(currentTarget.value)} />
      </Group>
      <Text size="sm" c="dimmed" role="status">
        {events.length === 0 ? 'Events appear here as they happen.' : `${fits.length} of ${events.length} events${fits.length > SHOWN ? `, the newest ${SHOWN} are shown` : ''}`}
      </Text>
      <ol className="events" aria-label="Events, newest first">
        {fits.slice(0, SHOWN).map((seen) => <Item key={seen.server + seen.event.id} seen={seen} several={states.length > 1} />)}
      </ol>
    </Stack>
  );
}
