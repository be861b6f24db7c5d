// SPDX-License-Identifier: Apache-2.0
// What WhatsApp asks for after the scan of a guarded account: its passkey, then perhaps to compare two codes.
import { Alert, Anchor, Button, CopyButton, Group, Loader, Stack, Text, Textarea, Title } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { call, get, part, words } from '../api/client';
import type { JsonObject } from '../api/types';
import { isObject } from '../form/schema';
import { useAsked } from '../ui/hooks';
import { Links } from './Links';
import type { Row } from './rows';

// An answer that the server cannot give yet is asked for again.
const ASK_AGAIN_MS = 3000;
const WHATSAPP = 'https://web.whatsapp.com';

const pathOf = ({ session }: Row, step: string) => `/api/${part(session.name)}/auth/passkey${step}`;

// For the console of WhatsApp's own page: a browser gives a passkey to nobody else. The challenge is put into a
// literal as JSON, so that nothing in it is ever code.
function script(challenge: JsonObject): string {
  return `navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(${JSON.stringify(challenge)}) })
  .then((passkey) => console.log(JSON.stringify(passkey)), (error) => console.error(error.message));`;
}

function Challenge({ row }: { row: Row }) {
  const { value, problem } = useAsked(() => get<JsonObject>(row.server, pathOf(row, '/challenge')), [row.id], ASK_AGAIN_MS);
  const [text, setText] = useState('');
  const [refusal, setRefusal] = useState<string>();
  const [waits, setWaits] = useState(false);
  const answer = async (event: FormEvent) => {
    event.preventDefault();
    let assertion: unknown;
    try {
      assertion = JSON.parse(text.trim().replace(/^'(.*)'$/s, '$1'));
    } catch {
      assertion = undefined;
    }
    if (!isObject(assertion as JsonObject)) {
      setRefusal('This is not the line that the console shows: it begins with { and ends with }');
      return;
    }
    setWaits(true);
    setRefusal(undefined);
    try {
      await call(row.server, 'POST', pathOf(row, ''), assertion as JsonObject);
    } catch (error) {
      setRefusal(words(error));
    }
    setWaits(false);
  };
  if (value === undefined) return problem ? <Text c="dimmed">{problem}</Text> : <Loader aria-label="The challenge is on its way" />;
  const code = script(value);
  return (
    <form onSubmit={answer}>
      <Stack>
        <Alert color="yellow" title="WhatsApp asks for this account's passkey">
          The code was scanned. A browser hands a passkey only to WhatsApp's own page, so take the way through it. There are ten minutes for it.
        </Alert>
        <ol className="steps">
          <li>
            Open <Anchor href={WHATSAPP} target="_blank" rel="noopener noreferrer" size="sm">{WHATSAPP.slice(8)} ↗</Anchor> in a browser that has the passkey or
            can reach the phone by Bluetooth. No need to log in there.
          </li>
          <li>
            Open its developer console (F12, Console), paste this and press Enter:
            <pre className="json" tabIndex={0} aria-label="For the console">{code}</pre>
            <CopyButton value={code}>
              {({ copied, copy }) => <Button size="xs" variant="default" onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button>}
            </CopyButton>
          </li>
          <li>Confirm with the passkey, copy the line that the console shows, and paste it here.</li>
        </ol>
        <Textarea label="The passkey's answer" required autosize minRows={3} maxRows={8} placeholder={'{"id":"…","rawId":"…","type":"public-key","response":{…}}'}
          classNames={{ input: 'code' }} spellCheck={false} value={text} error={refusal} onChange={({ currentTarget }) => setText(currentTarget.value)} />
        <Group><Button type="submit" loading={waits}>Answer</Button></Group>
        <Links />
      </Stack>
    </form>
  );
}

function Confirmation({ row }: { row: Row }) {
  const { value, problem } = useAsked(() => get<{ code: string }>(row.server, pathOf(row, '/confirmation')), [row.id], ASK_AGAIN_MS);
  const [refusal, setRefusal] = useState<string>();
  const [waits, setWaits] = useState(false);
  const run = async (path: string) => {
    setWaits(true);
    setRefusal(undefined);
    try {
      await call(row.server, 'POST', path);
    } catch (error) {
      setRefusal(words(error));
    }
    setWaits(false);
  };
  if (value === undefined) return problem ? <Text c="dimmed">{problem}</Text> : <Loader aria-label="The code is on its way" />;
  return (
    <Stack>
      <Text>Does the phone show this code?</Text>
      <Title order={2} className="pairing-code">{value.code}</Title>
      <Text size="sm" c="dimmed">If it shows another one, somebody else is linking a device to this account.</Text>
      {refusal && <Alert color="red" role="alert">{refusal}</Alert>}
      <Group>
        <Button loading={waits} onClick={() => void run(pathOf(row, '/confirm'))}>It is the same</Button>
        <Button variant="default" disabled={waits} onClick={() => void run(`/api/sessions/${part(row.session.name)}/stop`)}>It is another: stop</Button>
      </Group>
      <Links />
    </Stack>
  );
}

export function PasskeyPanel({ row }: { row: Row }) {
  return row.session.status === 'PASSKEY_REQUIRED' ? <Challenge row={row} /> : <Confirmation row={row} />;
}
