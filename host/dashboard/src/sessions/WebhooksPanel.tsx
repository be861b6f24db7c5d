// SPDX-License-Identifier: Apache-2.0
// How a session's webhooks fare, what they did not take, and sending that again.
import { Alert, Button, Group, Stack, Text, Title } from '@mantine/core';
import { call, get, part, words } from '../api/client';
import type { Event } from '../api/types';
import { useAsked } from '../ui/hooks';
import { JsonText } from '../ui/JsonText';
import { ago, moment } from '../ui/time';
import { toast } from '../ui/toast';
import type { Row } from './rows';
import { Tag } from '../ui/Tag';

const ASK_AGAIN_MS = 3000;

interface Report {
  id: string;
  url: string;
  global: boolean;
  pending: number;
  oldest: number | null;
  delivered: number;
  dropped: number;
  lastSuccess: number | null;
  lastError: { timestamp: number; message: string } | null;
  breaker: 'open' | 'closed';
}

interface DeadLetter {
  id: string;
  webhook: string;
  attempts: number;
  error: string;
  timestamp: number;
  event: Event;
}

function Hook({ hook }: { hook: Report }) {
  const facts: [string, string][] = [
    ['Waiting', hook.pending + (hook.oldest ? `, the oldest since ${ago(hook.oldest)}` : '')],
    ['Delivered', String(hook.delivered)],
    ['Last success', hook.lastSuccess ? moment(hook.lastSuccess) : 'none yet'],
    ...(hook.dropped > 0 ? [['Given up', String(hook.dropped)] as [string, string]] : []),
  ];
  return (
    <section className="card">
      <Group justify="space-between" wrap="nowrap" align="start">
        <Text fw={600} className="break">{hook.url}</Text>
        <Group gap={4} wrap="nowrap">
          {hook.global && <Tag tone="off">Server's own</Tag>}
          <Tag tone={hook.breaker === 'open' ? 'bad' : 'ok'}>{hook.breaker === 'open' ? 'Receiver is down' : 'Delivering'}</Tag>
        </Group>
      </Group>
      <dl className="facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      {hook.lastError && <Text size="sm" c="var(--bad)" className="break">{ago(hook.lastError.timestamp)}: {hook.lastError.message}</Text>}
    </section>
  );
}

export function WebhooksPanel({ row: { server, session } }: { row: Row }) {
  const path = `/api/${part(session.name)}/webhooks`;
  const hooks = useAsked(() => get<Report[]>(server, path), [path], ASK_AGAIN_MS);
  const dead = useAsked(() => get<{ items: DeadLetter[]; next: string | null }>(server, `${path}/dead?limit=100`), [path], ASK_AGAIN_MS);
  const replay = async (ids?: string[]) => {
    try {
      const { replayed } = await call<{ replayed: number }>(server, 'POST', `${path}/replay`, ids ? { ids } : {});
      toast(`${replayed} ${replayed === 1 ? 'event is' : 'events are'} in line again`);
      dead.again();
      hooks.again();
    } catch (error) {
      toast(words(error), 'bad');
    }
  };
  const letters = dead.value?.items ?? [];
  return (
    <Stack>
      {hooks.problem && <Alert color="red">{hooks.problem}</Alert>}
      {hooks.value?.length === 0 && <Text c="dimmed">This session has no webhooks. They are part of its configuration.</Text>}
      {hooks.value?.map((hook) => <Hook key={hook.id} hook={hook} />)}
      <Group justify="space-between">
        <Title order={3} size="h5">Dead letters</Title>
        {letters.length > 0 && <Button size="xs" onClick={() => void replay()}>Deliver all again</Button>}
      </Group>
      {letters.length === 0 && <Text c="dimmed" size="sm">Every event was taken.</Text>}
      {letters.map((letter) => (
        <details key={letter.id + letter.webhook} className="card">
          <summary>
            <b>{letter.event.event}</b> <Text span size="sm" c="dimmed">{moment(letter.timestamp)}, {letter.attempts === 1 ? 'one try' : `${letter.attempts} tries`}</Text>
            <Text size="sm" c="var(--bad)" className="break">{letter.error}</Text>
          </summary>
          <Group my="xs"><Button size="compact-xs" variant="light" onClick={() => void replay([letter.id])}>Deliver again</Button></Group>
          <JsonText value={letter.event} />
        </details>
      ))}
      {dead.value?.next && <Text size="sm" c="dimmed">There are more than these {letters.length}.</Text>}
    </Stack>
  );
}
