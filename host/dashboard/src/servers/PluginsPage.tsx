// SPDX-License-Identifier: Apache-2.0
// The plugins of all servers: what they are, what they offer, how they fare.
import { Alert, Group, Stack, Text, Title } from '@mantine/core';
import { get } from '../api/client';
import { fleet, type ServerState } from '../api/fleet';
import { useStore } from '../api/store';
import type { Plugin } from '../api/types';
import { useAsked } from '../ui/hooks';
import { Tag } from '../ui/Tag';

const ASK_AGAIN_MS = 5000;

function Card({ plugin, several }: { plugin: Plugin; several: boolean }) {
  const { counters } = plugin;
  const faults = Object.entries(counters?.misbehaviour ?? {}).filter(([, count]) => count > 0);
  const offers = [
    ...(plugin.engines ?? []).map((engine) => `Engine ${engine.id} ${engine.version}`),
    ...(plugin.storages ?? []).map((storage) => `Storage ${storage.id}`),
    ...(plugin.proxies ?? []).map((proxy) => `Proxy ${proxy.id}`),
  ];
  const facts: [string, string | undefined][] = [
    ['Version', plugin.version], ['ABI', plugin.abi], ['Vendor', plugin.vendor], ['Licence', plugin.license],
    ['Calls', counters && `${counters.calls}, ${counters.failedCalls} failed`], ['File', plugin.path], ['SHA-256', plugin.sha256],
  ];
  return (
    <section className="card">
      <Group justify="space-between" wrap="nowrap">
        <Title order={several ? 3 : 2} size="h5" className="break">{plugin.name ?? plugin.id}</Title>
        <Tag tone={plugin.loaded ? 'ok' : 'bad'}>{plugin.loaded ? 'Loaded' : 'Refused'}</Tag>
      </Group>
      {plugin.refusal && <Alert color="red" my="xs">{plugin.refusal}</Alert>}
      {plugin.engines?.map((engine) => engine.reason && <Alert key={engine.id} color="yellow" title={`${engine.id} is not available`} my="xs">{engine.reason}</Alert>)}
      {offers.length > 0 && <Text size="sm" my={4}>{offers.join(' · ')}</Text>}
      <dl className="facts">{facts.filter(([, value]) => value).map(([name, value]) => <div key={name}><dt>{name}</dt><dd className="break">{value}</dd></div>)}</dl>
      {faults.length > 0 && <Alert color="yellow" title="Misbehaviour" my="xs">{faults.map(([what, count]) => `${what}: ${count}`).join(', ')}</Alert>}
      {plugin.engines?.map((engine) => (
        <details key={engine.id}>
          <summary>{engine.operations.length} operations, {engine.events.length} events of {engine.id}</summary>
          <Text size="sm" className="break">{engine.operations.map((operation) => operation.name).join(', ')}</Text>
          <Text size="sm" c="dimmed" className="break" mt="xs">{engine.events.join(', ')}</Text>
        </details>
      ))}
    </section>
  );
}

function OfServer({ state, several }: { state: ServerState; several: boolean }) {
  const { value, problem } = useAsked(() => get<Plugin[]>(state.server, '/api/plugins'), [state.server.id, state.phase], ASK_AGAIN_MS);
  return (
    <Stack>
      {several && <Title order={2} size="h4">{state.server.name}</Title>}
      {problem && !value && <Alert color="red">{problem}</Alert>}
      <div className="cards">{value?.map((plugin) => <Card key={plugin.path + plugin.id} plugin={plugin} several={several} />)}</div>
    </Stack>
  );
}

export function PluginsPage() {
  const states = useStore(fleet);
  return (
    <Stack>
      <Title order={1} size="h2">Plugins</Title>
      {states.map((state) => <OfServer key={state.server.id} state={state} several={states.length > 1} />)}
    </Stack>
  );
}
