// SPDX-License-Identifier: Apache-2.0
// The API page, its document before a validator, and every operation's real answer before the document.
import assert from 'node:assert/strict';
import { KEY, PASSWORD, problems, require, run, shot, startBrowser, startReceiver, startServer, startSimulator, until } from './harness.mjs';

const server = await startServer({ WHATSAPP_DEFAULT_ENGINE: 'ECHO' });
const receiver = await startReceiver();
const { newPage } = await startBrowser();
const authorization = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`;
const read = (path) => fetch(server.url + path, { headers: { authorization } });
const text = await (await read('/-json')).text();
const document = JSON.parse(text);

// Operations that end what the others need, in the order in which they may.
const LAST = ['POST /api/{session}/groups/{id}/leave', 'POST /api/{session}/ops/{op}', 'POST /api/sessions/stop', 'POST /api/sessions/{session}/stop', 'POST /api/sessions/{session}/logout',
  'DELETE /api/sessions/{session}', 'POST /api/sessions/logout', 'POST /api/server/stop'];
// Answers without an end, and a protocol of its own.
const STREAMS = ['GET /api/events', 'GET /ws'];

const KNOWN = { session: 'walk', name: 'walk', op: 'messages.sendText', chatId: '12345@c.us', phone: '15550001001', url: receiver.url };

const pointer = (...steps) => steps.map((step) => `/${encodeURIComponent(String(step).replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');
const at = (ref) => ref.slice(2).split('/').reduce((node, step) => node[decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')], document);

// The smallest value that a schema takes, from its examples where it has some.
function sample(schema, name = '', depth = 0) {
  if (schema.$ref) return sample(at(schema.$ref), name, depth);
  if (name in KNOWN) return KNOWN[name];
  if (schema.examples?.length) return schema.examples[0];
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  for (const some of ['oneOf', 'anyOf', 'allOf']) if (schema[some]) return sample(schema[some][0], name, depth);
  const type = [schema.type].flat().find((one) => one !== 'null') ?? (schema.properties ? 'object' : 'string');
  switch (type) {
    case 'object':
      return Object.fromEntries((schema.required ?? []).map((member) => [member, depth > 6 ? null : sample(schema.properties?.[member] ?? {}, member, depth + 1)]));
    case 'array':
      return (schema.minItems ?? 0) > 0 ? [sample(schema.items ?? {}, name, depth + 1)] : [];
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return false;
    default:
      return 'text';
  }
}

await run({
  async 'a validator finds no fault'() {
    const { createConfig, lintFromString } = require('@redocly/openapi-core');
    const config = await createConfig({ extends: ['recommended'], rules: { 'info-license': 'off', 'no-server-example.com': 'off', 'no-empty-servers': 'off', 'operation-4xx-response': 'off', 'security-defined': 'off', 'operation-summary': 'error' } });
    const found = await lintFromString({ source: text, absoluteRef: 'waxwing.json', config });
    const faults = found.filter((problem) => problem.severity === 'error');
    assert.deepEqual([...new Set(faults.map((fault) => `${fault.ruleId}: ${fault.message} at ${fault.location[0]?.pointer}`))].slice(0, 20), []);
    console.log(`        ${Object.keys(document.paths).length} paths, ${found.length} warnings of the recommended rules`);
  },

  async 'YAML says the same'() {
    const yaml = require('js-yaml');
    const response = await read('/-yaml');
    assert.equal(response.headers.get('content-type'), 'application/yaml; charset=utf-8');
    assert.deepEqual(yaml.load(await response.text()), document);
  },

  async 'every answer is as the document says'() {
    const webhooks = [{ url: receiver.url, events: ['message'], retries: { attempts: 0 } }];
    await server.api('POST', '/api/sessions', { name: 'walk', config: { webhooks, echo: { loginAfterMs: 0, echoAfterMs: 0 } } });
    await until(async () => (await server.status('walk')) === 'WORKING', 'WORKING');
    const sent = await server.api('POST', '/api/sendText', { session: 'walk', chatId: '12345@c.us', text: 'a dead letter' });
    const group = await server.api('POST', '/api/walk/groups', { name: 'Walkers', participants: [] });
    Object.assign(KNOWN, { messageId: sent.id, id: group.id });
    await until(async () => (await server.api('GET', '/api/walk/webhooks/dead')).items.length > 0, 'a dead letter');

    const Ajv = require('ajv/dist/2020').default;
    const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
    ajv.addSchema(document, 'document.json');

    const all = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation, title: `${method.toUpperCase()} ${path}` })))
      .filter(({ title }) => !STREAMS.includes(title))
      .sort((a, b) => LAST.indexOf(a.title) - LAST.indexOf(b.title));
    const faults = [];
    const counts = new Map();
    for (const { path, method, operation, title } of all) {
      const url = new URL(server.url + path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(KNOWN[name] ?? 'true_12345@c.us_AAAA')));
      for (const parameter of operation.parameters ?? []) {
        if (parameter.in === 'query' && parameter.required) url.searchParams.set(parameter.name, sample(parameter.schema ?? {}, parameter.name));
      }
      const schema = operation.requestBody?.content['application/json'].schema;
      const body = schema && { ...sample(schema), ...(title === 'POST /api/sessions' && { name: 'walk-two' }) };
      const response = await fetch(url, {
        method: method.toUpperCase(), headers: { 'X-Api-Key': KEY, 'Content-Type': 'application/json', Accept: 'application/json' },
        body: body && JSON.stringify(body),
      });
      const answer = await response.text();
      counts.set(response.status, (counts.get(response.status) ?? 0) + 1);
      const documented = operation.responses[response.status];
      if (!documented) {
        faults.push(`${title}: ${response.status} is not in the document: ${answer.slice(0, 200)}`);
        continue;
      }
      const answered = documented.content?.['application/json']?.schema;
      if (!answered) {
        if (answer !== '' && response.headers.get('content-type')?.startsWith('application/json')) faults.push(`${title}: ${response.status} has a body that the document does not know: ${answer.slice(0, 200)}`);
        continue;
      }
      const validate = ajv.compile({ $ref: `document.json#${pointer('paths', path, method, 'responses', response.status, 'content', 'application/json', 'schema')}` });
      if (!validate(answer === '' ? undefined : JSON.parse(answer))) {
        faults.push(`${title}: ${response.status} ${ajv.errorsText(validate.errors)}: ${answer.slice(0, 200)}`);
      }
    }
    console.log(`        ${all.length} operations: ${[...counts].sort().map(([status, count]) => `${count} x ${status}`).join(', ')}`);
    assert.deepEqual(faults, []);
  },

  async 'the page shows it, and an example runs'() {
    const fresh = await startServer({ WHATSAPP_DEFAULT_ENGINE: 'ECHO' });
    await fresh.api('POST', '/api/sessions', { name: 'default', config: { echo: { loginAfterMs: -1 } } });
    await until(async () => (await fresh.status('default')) === 'SCAN_QR_CODE', 'a code');
    const page = await newPage();
    await page.goto(`${fresh.url}/`);
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.locator('.auth-container input').fill(KEY);
    await page.locator('.auth-container').getByRole('button', { name: /Apply credentials|Authorize/ }).click();
    await page.getByRole('button', { name: 'Close', exact: true }).first().click();
    await shot(page, 'api-page');
    const operation = page.locator('#operations-📱_Pairing-GET_api__session__auth_qr, [id$="GET_api__session__auth_qr"]').first();
    await operation.locator('.opblock-summary-control').click();
    const media = operation.locator('.content-type');
    for (const [type, shown] of [['application/json', /"data"/], ['image/png', null]]) {
      await media.first().selectOption(type);
      await operation.getByRole('button', { name: 'Execute' }).click();
      if (shown) await operation.locator('.live-responses-table').getByText(shown).first().waitFor();
      else await operation.locator('.live-responses-table img').first().waitFor();
    }
    await operation.scrollIntoViewIfNeeded();
    await shot(page, 'api-page-qr');
    assert.deepEqual(problems, []);
  },

  // As somebody does who has just started tools/serve --simulator and changes nothing in what the page offers.
  async 'what the page offers runs unchanged on a new server'() {
    const simulator = await startSimulator();
    const control = (method, path, body) => fetch(simulator.control + path, { method, body: JSON.stringify(body) });
    const fresh = await startServer({
      WAXWING_WA_ENDPOINT: simulator.endpoint, WAXWING_WA_ROOT_KEY: simulator.root_key,
      WHATSAPP_SWAGGER_NO_PASSWORD: 'true', WAHA_API_KEY: '', WAHA_NO_API_KEY: 'true',
    });
    const page = await newPage();
    await page.goto(`${fresh.url}/`);
    const execute = async (method, path, media) => {
      const operation = page.locator(`[id$="-${method}${path.replace(/[^a-zA-Z0-9]/g, '_')}"]`);
      if ((await operation.locator('.execute-wrapper, .btn-group').count()) === 0) await operation.locator('.opblock-summary-control').click();
      if (media) await operation.locator('.content-type').first().selectOption(media);
      await operation.getByRole('button', { name: 'Execute' }).click();
      const answer = operation.locator('.live-responses-table .response');
      await answer.first().waitFor();
      const status = (await answer.locator('.response-col_status').first().textContent()).trim();
      const body = await answer.first().textContent();
      await operation.locator('.opblock-summary-control').click(); // folded again, so that the page stays short
      return { status, body };
    };
    const expect = async (status, method, path, media) => {
      const answer = await execute(method, path, media);
      assert.match(answer.status, new RegExp(`^${status}`), `${method} ${path}: ${answer.status} ${answer.body.slice(0, 400)}`);
      return answer;
    };
    await expect(201, 'POST', '/api/sessions');
    await until(async () => (await fresh.status('default')) === 'SCAN_QR_CODE', 'a code');
    await expect(200, 'GET', '/api/{session}/auth/qr', 'application/json');
    await expect(200, 'GET', '/api/{session}/auth/qr', 'image/png');
    await expect(200, 'GET', '/api/screenshot', 'application/json');
    await expect(200, 'GET', '/api/screenshot', 'image/png');
    await control('POST', '/accounts', { phone: '15550001001', name: 'First' });
    const { value } = await fresh.api('GET', '/api/default/auth/qr?format=raw');
    await control('POST', '/accounts/15550001001/scan', { qr: value });
    await until(async () => (await fresh.status('default')) === 'WORKING', 'WORKING');
    await expect(201, 'POST', '/api/sendText');
    await expect(201, 'POST', '/api/{session}/groups');
    await expect(200, 'PUT', '/api/sessions/{session}');
    await until(async () => (await fresh.status('default')) === 'WORKING', 'WORKING with the webhook of the example');

    // The others as the page would send them, without its clicks.
    const fill = (parameter) => encodeURIComponent(parameter.example ?? parameter.schema.default);
    const send = async (method, path) => {
      const { parameters = [], requestBody } = document.paths[path][method.toLowerCase()];
      const query = parameters.filter((one) => one.in === 'query' && one.required).map((one) => `${one.name}=${fill(one)}`).join('&');
      const target = path.replace(/\{(\w+)\}/g, (_, name) => fill(parameters.find((one) => one.name === name)));
      const example = Object.values(requestBody?.content['application/json'].examples ?? {})[0]?.value;
      return fetch(`${fresh.url}${target}?${query}`, { method, headers: { 'Content-Type': 'application/json' }, body: example && JSON.stringify(example) });
    };
    for (const [status, method, path] of [
      [200, 'GET', '/api/sessions'], [200, 'GET', '/api/sessions/{session}'], [200, 'GET', '/api/sessions/{session}/me'],
      [200, 'GET', '/api/sendText'], [201, 'POST', '/api/reply'], [201, 'POST', '/api/sendLinkPreview'],
      [201, 'POST', '/api/sendLocation'], [201, 'POST', '/api/sendContactVcard'], [201, 'POST', '/api/startTyping'], [201, 'POST', '/api/stopTyping'],
      [201, 'POST', '/api/{session}/presence'], [201, 'POST', '/api/{session}/presence/{chatId}/subscribe'], [200, 'GET', '/api/{session}/presence/{chatId}'],
      [200, 'GET', '/api/contacts/check-exists'], [200, 'GET', '/api/checkNumberStatus'],
      [200, 'GET', '/api/{session}/groups'], [200, 'GET', '/api/{session}/groups/count'],
      [201, 'POST', '/api/{session}/ops/{op}'], [200, 'GET', '/api/{session}/capabilities'],
      [200, 'GET', '/api/{session}/webhooks'], [200, 'GET', '/api/{session}/webhooks/dead'], [201, 'POST', '/api/{session}/webhooks/replay'],
      [200, 'GET', '/api/engines'], [200, 'GET', '/api/engines/{engine}/version'], [200, 'PUT', '/api/engines/{engine}/version'], [200, 'GET', '/api/plugins'],
      [201, 'POST', '/api/sessions/{session}/restart'], [201, 'POST', '/api/sessions/{session}/stop'],
      [201, 'POST', '/api/sessions/{session}/start'], [201, 'POST', '/api/sessions/stop'], [201, 'POST', '/api/sessions/start'],
      [201, 'POST', '/api/sessions/{session}/logout'], [201, 'POST', '/api/sessions/logout'],
    ]) {
      const answer = await send(method, path);
      assert.equal(answer.status, status, `${method} ${path}: ${await answer.text()}`);
    }

    const text = page.locator('[id$="-POST_api_sendText"]');
    await text.locator('.opblock-summary-control').click();
    await text.getByText('Engines of this server that can do it: ').waitFor();
    await text.scrollIntoViewIfNeeded();
    await shot(page, 'api-page-examples');
    assert.deepEqual(problems, []);
  },
});
