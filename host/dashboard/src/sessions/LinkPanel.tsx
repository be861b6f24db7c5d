// SPDX-License-Identifier: Apache-2.0
// Linking an account: the present QR code with the time it has left, or a code to type into the phone.
import { Alert, Anchor, Button, CopyButton, Group, Loader, Progress, Stack, Tabs, Text, TextInput, Title } from '@mantine/core';
import { useEffect, useState, type FormEvent } from 'react';
import { call, get, part, picture, words } from '../api/client';
import { OWN } from '../api/servers';
import { useSettings } from '../api/settings';
import { useAsked, useSeconds } from '../ui/hooks';
import { Links } from './Links';
import { PasskeyPanel } from './PasskeyPanel';
import type { Row } from './rows';

const ASK_AGAIN_MS = 2000;

interface Code {
  value: string;
  expiresAt?: number;
}

// What is left of the code's life, from when it was first seen here.
function TimeLeft({ until }: { until: number }) {
  const now = useSeconds();
  const [seen] = useState(Date.now);
  const left = Math.max(0, Math.ceil((until - now) / 1000));
  return (
    <Stack gap={4} w={264}>
      <Progress value={(100 * (until - now)) / Math.max(1, until - seen)} aria-label="Time left" size="sm" />
      <Text size="xs" c="dimmed" ta="center" className="digits">{left > 0 ? `A new code in ${left} s` : 'A new code is coming'}</Text>
    </Stack>
  );
}

function QrCode({ row }: { row: Row }) {
  const { server, session } = row;
  const path = `/api/${part(session.name)}/auth/qr`;
  const { value: code, problem } = useAsked(() => get<Code>(server, `${path}?format=raw`), [row.id], ASK_AGAIN_MS);
  const [image, setImage] = useState<string>();
  useEffect(() => {
    if (code === undefined) return;
    let url: string | undefined;
    let gone = false;
    picture(server, path).then((blob) => {
      if (gone) return;
      url = URL.createObjectURL(blob);
      setImage(url);
    }).catch(() => {}); // the next round asks again
    return () => {
      gone = true;
      if (url) URL.revokeObjectURL(url);
    };
  }, [code?.value]);
  if (image === undefined) return problem ? <Text c="dimmed">{problem}</Text> : <Loader aria-label="The code is on its way" />;
  return (
    <>
      <img className="qr" src={image} alt={`QR code to link ${session.name}`} />
      {code?.expiresAt !== undefined && <TimeLeft key={code.value} until={code.expiresAt} />}
      <CopyButton value={code?.value ?? ''}>
        {({ copied, copy }) => <Button size="xs" variant="default" onClick={copy}>{copied ? 'Copied' : "Copy the code's text"}</Button>}
      </CopyButton>
    </>
  );
}

function PairingCode({ row }: { row: Row }) {
  const { server, session } = row;
  const [phone, setPhone] = useState('');
  const [code, setCode] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const [waits, setWaits] = useState(false);
  const ask = async (event: FormEvent) => {
    event.preventDefault();
    setWaits(true);
    setProblem(undefined);
    try {
      const answer = await call<{ code: string }>(server, 'POST', `/api/${part(session.name)}/auth/request-code`,
        { phoneNumber: phone.replace(/\D/g, '') });
      setCode(answer.code);
    } catch (error) {
      setProblem(words(error));
    }
    setWaits(false);
  };
  return (
    <form onSubmit={ask}>
      <Stack>
        <TextInput label="Phone number" description="With the country code" placeholder="15550001001" inputMode="tel" required
          value={phone} error={problem} onChange={({ currentTarget }) => setPhone(currentTarget.value)} />
        <Group><Button type="submit" loading={waits}>Get a pairing code</Button></Group>
        {code && (
          <div aria-live="polite">
            <Text size="sm">On the phone: Linked devices, Link a device, Link with phone number instead. Then type</Text>
            <Title order={2} className="pairing-code" my="xs">{code}</Title>
          </div>
        )}
      </Stack>
    </form>
  );
}

export function LinkPanel({ row }: { row: Row }) {
  const { apiPage } = useSettings();
  const { session } = row;
  if (session.status === 'WORKING') {
    return (
      <Alert color="teal" title="Linked">
        {session.me?.pushName || session.me?.id} is connected. The session can send and receive.
        {row.server.id === OWN.id && (
          <Group gap="md" mt="xs">
            <Anchor href="/dashboard/event-monitor" size="sm">Watch its events</Anchor>
            {apiPage && <Anchor href="/" size="sm">Send something on the API page</Anchor>}
          </Group>
        )}
      </Alert>
    );
  }
  if (session.status === 'STARTING') {
    return <Stack align="center" py="xl"><Loader aria-hidden /><Text role="status">The session is starting</Text></Stack>;
  }
  if (session.status === 'PASSKEY_REQUIRED' || session.status === 'PASSKEY_CONFIRMATION_REQUIRED') return <PasskeyPanel key={session.status} row={row} />;
  if (session.status !== 'SCAN_QR_CODE') {
    return <Text c="dimmed">There is a code to scan while the session waits for it. {session.reason?.text ?? 'Start it first.'}</Text>;
  }
  return (
    <Tabs defaultValue="qr" keepMounted={false}>
      <Tabs.List>
        <Tabs.Tab value="qr">QR code</Tabs.Tab>
        <Tabs.Tab value="code">Pairing code</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="qr" pt="md">
        <Stack align="center">
          <QrCode row={row} />
          <Text size="sm" ta="center">On the phone: Linked devices, Link a device. Then point it at the code.</Text>
          <Links />
        </Stack>
      </Tabs.Panel>
      <Tabs.Panel value="code" pt="md"><PairingCode row={row} /></Tabs.Panel>
    </Tabs>
  );
}
