// SPDX-License-Identifier: Apache-2.0
// What our native engines say beside what Baileys says, stanza by stanza: tags, attributes, how JIDs are
// written. Every difference stands in docs/transcripts.md with its reason, and nothing else does.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Baileys, equal } from './baileys.mjs';
import { Simulator } from './simulator.mjs';

const [simulatorProgram, serverProgram, document] = process.argv.slice(2);
const kPhone = '15550001001';
const kPatienceMs = 30000;
const kQuietMs = 1000;

async function until(condition, what) {
  const end = Date.now() + kPatienceMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

// Until nobody has said anything for a while: a client asks its questions after login, each its own.
async function quiet(simulator) {
  let last = '';
  let since = Date.now();
  await until(async () => {
    const now = await simulator.call('GET', '/transcript');
    if (now !== last) since = Date.now();
    last = now;
    return Date.now() - since > kQuietMs;
  }, 'silence');
}

// One line for each kind of stanza: values that differ each time are left out, lists are one element.
function shapes(transcript) {
  const found = new Set();
  for (const line of transcript.split('\n')) {
    const at = line.indexOf(' C> ');
    if (at < 0) continue;
    found.add(line.slice(at + 4)
      .replace(/<([\w:-]+)((?: [\w:-]+=(?:"[^"]*"|[^" />]+))+)/g, (_, tag, attributes) =>
        '<' + tag + attributes.match(/ [\w:-]+=(?:"[^"]*"|[^" ]+)/g)
          .map((a) => a.replace(/^ (id|t|sid|ts|timestamp|hash|dhash|name|key-index|value)=.*/, ' $1')
            .replace(/=[^"@]*@/, '=@')).sort().join(''))
      .replace(/(<key><id>.*?<\/key>)+/g, '<key>…</key>')
      .replace(/\[\d{3,}\]/g, '[…]'));  // a long content holds numbers that take one octet or two
  }
  return found;
}

async function baileys() {
  const simulator = await Simulator.start(simulatorProgram);
  await simulator.account(kPhone, 'Alice');
  const client = await Baileys.create(7, simulator);
  await client.pair(kPhone);
  await client.close();
  await client.reconnect();
  await quiet(simulator);
  await client.socket.logout();
  await client.ended();
  client.dispose();
  const transcript = await simulator.call('GET', '/transcript');
  await simulator.stop();
  return shapes(transcript);
}

async function ours(engine) {
  const simulator = await Simulator.start(simulatorProgram);
  await simulator.account(kPhone, 'Alice');
  const folder = mkdtempSync(join(tmpdir(), 'waxwing-transcripts-'));
  const config = join(folder, 'waxwing.yaml');
  writeFileSync(config, 'http: {port: 0}\nsecurity: {no_api_key: true}\nlifecycle: {print_qr: false}\n' +
                        `storage: {local: {config: {path: ${folder}/data}}}\n`);
  const server = spawn(serverProgram, ['--config', config, '--allow-test-endpoint'], {
    env: { PATH: process.env.PATH, WAXWING_WA_ENDPOINT: simulator.endpoint, WAXWING_WA_ROOT_KEY: simulator.root_key },
  });
  let log = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (text) => { log += text; });
  try {
    const port = await until(() => log.match(/server\.started .*port=(\d+)/)?.[1], 'the server');
    const api = async (method, path, body) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method, body: body && JSON.stringify(body), headers: body && { 'content-type': 'application/json' },
      });
      return response.ok ? response.json().catch(() => ({})) : undefined;
    };
    const status = (wanted) => until(async () => (await api('GET', '/api/sessions/one'))?.status === wanted, wanted);
    await api('POST', '/api/sessions', { name: 'one', start: true, engine });
    await status('SCAN_QR_CODE');
    await simulator.scan(kPhone, (await api('GET', '/api/one/auth/qr?format=raw')).value);
    await status('WORKING');
    await quiet(simulator);
    await api('POST', '/api/sessions/one/stop');
    await api('POST', '/api/sessions/one/start');
    await status('WORKING');
    await quiet(simulator);
    await api('POST', '/api/sessions/one/logout');
    const transcript = await simulator.call('GET', '/transcript');
    await simulator.assertNoViolations();
    return shapes(transcript);
  } catch (error) {
    console.error(log);
    throw error;
  } finally {
    server.kill('SIGTERM');
    await new Promise((resolve) => { server.once('exit', resolve); });
    await simulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

// Rows of the document in the engine's own section: | who | `shape` | reason |.
function documented(engine) {
  const rows = new Set();
  const section = readFileSync(document, 'utf8').split(/^## /m).find((text) => text.startsWith(`${engine}\n`)) ?? '';
  for (const line of section.split('\n')) {
    const row = line.match(/^\| (Baileys|NOWEB|GOWS) \| `(.*)` \| (.+) \|$/);
    if (row) rows.add(`${row[1]} ${row[2]}`);
  }
  return rows;
}

const theirs = await baileys();
for (const engine of ['NOWEB', 'GOWS']) {
  const own = await ours(engine);
  const differences = new Set([
    ...[...theirs].filter((shape) => !own.has(shape)).map((shape) => `Baileys ${shape}`),
    ...[...own].filter((shape) => !theirs.has(shape)).map((shape) => `${engine} ${shape}`),
  ]);
  const known = documented(engine);
  const missing = [...differences].filter((difference) => !known.has(difference));
  const gone = [...known].filter((difference) => !differences.has(difference));
  const same = [...own].filter((shape) => theirs.has(shape)).length;
  console.log(`${engine}: ${same} kinds of stanzas are the same, ${differences.size} differ`);
  equal(same > 5, true, 'kinds of stanzas that are the same');
  if (missing.length || gone.length) {
    console.error('not documented:\n' + missing.join('\n') + '\nno difference any more:\n' + gone.join('\n'));
    process.exitCode = 1;
  }
}
process.exit();
