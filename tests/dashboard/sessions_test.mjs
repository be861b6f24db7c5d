// SPDX-License-Identifier: Apache-2.0
// The dashboard with the echo engine: create, link, search, stop, events, dead letters, plugins, servers.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { axe, EVIL, KEY, open, problems, run, shot, startBrowser, startReceiver, startServer, until } from './harness.mjs';

const server = await startServer({ WAXWING_DASHBOARD_LINKS: 'House rules=http://127.0.0.1:1/rules' });
const other = await startServer();
const receiver = await startReceiver();
const { newPage } = await startBrowser();
const page = await newPage();
const { api, url, status } = server;
const row = (name) => page.locator('table.sessions tbody tr').filter({ has: page.getByRole('button', { name, exact: true }) });
const names = async () => (await page.locator('tbody tr .name').allTextContents()).join();
const bulk = (action) => page.getByRole('region', { name: 'Chosen sessions' }).getByRole('button', { name: action, exact: true });
const quiet = () => assert.deepEqual(problems.splice(0), []);
const close = () => page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();

await run({
  async 'pages ask for their password, and are fenced in'() {
    for (const path of ['/dashboard', '/dashboard/event-monitor', '/dashboard/settings.json', '/', '/-json']) {
      assert.equal((await fetch(url + path)).status, 401, path);
    }
    const Authorization = `Basic ${Buffer.from('admin:password-of-the-tests').toString('base64')}`;
    const response = await fetch(`${url}/dashboard`, { headers: { Authorization, 'Accept-Encoding': 'br' } });
    const policy = response.headers.get('content-security-policy');
    assert.match(policy, /default-src 'none'; script-src 'self';/);
    assert.equal(response.headers.get('content-encoding'), 'br');
    const html = await response.text();
    assert.doesNotMatch(html, /<script(?![^>]*src=)/, 'no script stands in the page');
    const file = html.match(/\/dashboard\/assets\/[\w-]+\.js/)[0];
    const first = await fetch(url + file, { headers: { Authorization, 'Accept-Encoding': 'gzip' } });
    assert.equal(first.headers.get('cache-control'), 'private, max-age=31536000, immutable');
    assert.equal(first.headers.get('content-type'), 'text/javascript; charset=utf-8');
    const plain = await fetch(url + file, { headers: { Authorization, 'Accept-Encoding': 'identity' } });
    assert.equal(plain.headers.get('content-encoding'), null);
    assert.equal(await plain.text(), await first.text());
    const again = await fetch(url + file, { headers: { Authorization, 'If-None-Match': first.headers.get('etag') } });
    assert.equal(again.status, 304);
    assert.equal((await fetch(`${url}/dashboard/assets/none.js`, { headers: { Authorization } })).status, 404);
  },

  async 'the key is typed once and stays in the tab'() {
    await page.goto(`${url}/dashboard`);
    await page.getByLabel(/^API key/).fill('wrong');
    await axe(page, 'the key form');
    await shot(page, 'key');
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await page.getByText('The server does not know this key').waitFor();
    await page.getByLabel(/^API key/).fill(KEY);
    await page.keyboard.press('Enter');
    await page.getByText('No sessions yet').waitFor();
    await shot(page, 'empty');
    await page.reload();
    await page.getByText('No sessions yet').waitFor();
    assert.ok(!page.url().includes(KEY));
    assert.ok(!(await page.evaluate(() => JSON.stringify(localStorage))).includes(KEY));
  },

  async 'create a session by the form of its engine, scan, WORKING'() {
    await page.getByRole('button', { name: 'Create your first session' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('first');
    await dialog.getByLabel('Engine', { exact: true }).selectOption('ECHO');
    await dialog.getByRole('button', { name: 'Configuration' }).click();
    await dialog.getByRole('group', { name: 'Metadata' }).getByRole('button', { name: 'Add to metadata' }).click();
    await dialog.getByLabel('Metadata: name 1').fill('team');
    await dialog.getByLabel('Metadata: value 1').fill('Support north');
    await dialog.getByLabel('Push name').fill(EVIL);
    await dialog.getByLabel('Login after ms').fill('6000');
    await page.waitForTimeout(300); // the panel unfolds
    await axe(page, 'the form');
    await shot(page, 'create');
    await dialog.getByText('JSON', { exact: true }).click();
    const text = await dialog.getByRole('textbox', { name: 'Configuration' }).inputValue();
    assert.deepEqual(JSON.parse(text), { metadata: { team: 'Support north' }, echo: { pushName: EVIL, loginAfterMs: 6000 } });
    await dialog.getByText('Form', { exact: true }).click();
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByAltText('QR code to link first').waitFor();
    await page.getByText(/A new code in \d+ s/).waitFor();
    await axe(page, 'the QR code');
    await shot(page, 'qr');
    await page.getByText('is connected. The session can').waitFor();
    await shot(page, 'linked');
    await close();
    await row('first').getByText('Working').waitFor();
    await row('first').getByText(EVIL).waitFor();
    quiet();
  },

  async 'a pairing code'() {
    await api('POST', '/api/sessions', { name: 'coded', config: { engine: 'ECHO', echo: { loginAfterMs: -1 } } });
    await page.getByRole('button', { name: 'Scan the code of coded' }).click();
    await page.getByRole('tab', { name: 'Pairing code' }).click();
    await page.getByLabel('Phone number').fill('+1 555 000 1001');
    await page.getByRole('button', { name: 'Get a pairing code' }).click();
    await page.getByText(/^[A-Z0-9]{4}-[A-Z0-9]{4}$/).waitFor();
    await shot(page, 'pairing-code');
    await close();
  },

  async 'search by metadata, phone and push name; filters'() {
    await api('POST', '/api/sessions', { name: 'second', start: false, config: { engine: 'ECHO', metadata: { [EVIL]: EVIL, team: 'Sales' } } });
    await page.reload(); // what is made elsewhere is seen by itself, but not at once
    await row('second').waitFor();
    const search = page.getByLabel('Search');
    const phone = (await api('GET', '/api/sessions/first')).me.id.split('@')[0];
    for (const [text, name] of [['team:support', 'first'], ['SALES', 'second'], [`+${phone}`, 'first'], ['onerror team', 'second']]) {
      await search.fill(text);
      await until(async () => (await page.locator('tbody tr .name').allTextContents()).includes(name), text);
    }
    await search.fill('north');
    await until(async () => (await page.locator('tbody tr .name').allTextContents()).join() === 'first', 'only one');
    await shot(page, 'search');
    await search.fill('');
    await page.getByRole('group', { name: 'Filter by status' }).getByRole('button', { name: /Stopped/ }).click();
    await until(async () => (await page.locator('tbody tr .name').allTextContents()).join() === 'second', 'the stopped one');
    await page.getByRole('group', { name: 'Filter by status' }).getByRole('button', { name: /All/ }).click();

    // A session that is stopped shows the engine that it was made for, wherever that was said.
    await api('POST', '/api/sessions', { name: 'third', start: false, config: { engine: 'NOWEB' } });
    await api('POST', '/api/sessions', { name: 'fourth', start: false, engine: 'NOWEB' });
    await page.reload();
    for (const name of ['third', 'fourth']) await row(name).getByText('NOWEB', { exact: true }).waitFor();
    await page.getByLabel('Engine', { exact: true }).selectOption('NOWEB');
    await until(async () => (await names()) === 'fourth,third', 'those of the engine');
    await search.fill('four');
    await until(async () => (await names()) === 'fourth', 'both filters');
    await search.fill('nobody');
    await page.getByText('No session fits.').waitFor();
    await search.fill('');
    await page.getByLabel('Engine', { exact: true }).selectOption('');
    for (const name of ['third', 'fourth']) await api('DELETE', `/api/sessions/${name}`);
    await page.reload();
    await row('second').waitFor();
    quiet();
  },

  async 'status changes elsewhere are seen at once'() {
    await api('POST', '/api/sessions/first/stop');
    await row('first').getByText('Stopped').waitFor({ timeout: 3000 });
    await api('POST', '/api/sessions/first/start');
    await row('first').getByText('Working').waitFor({ timeout: 5000 });
  },

  async 'start, stop and delete by the menu, many at once, with a question before what is final'() {
    await page.getByRole('button', { name: 'Actions on first' }).click();
    await shot(page, 'menu');
    await page.getByRole('menuitem', { name: 'Stop', exact: true }).click();
    await row('first').getByText('Stopped').waitFor();
    assert.equal(await status('first'), 'STOPPED');
    for (const name of ['coded', 'second']) await page.getByLabel(`Choose ${name}`).check();
    await shot(page, 'bulk');
    await page.getByRole('region', { name: 'Chosen sessions' }).getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Delete 2 sessions?').waitFor();
    await shot(page, 'confirm');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    assert.equal((await api('GET', '/api/sessions?all=true')).length, 3);
    await page.getByRole('region', { name: 'Chosen sessions' }).getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await row('coded').waitFor({ state: 'detached' });
    await until(async () => (await api('GET', '/api/sessions?all=true')).length === 1, 'both are gone');
    await page.getByText('2 sessions deleted').waitFor();
  },

  async 'many are started, restarted, logged out and stopped together'() {
    for (const name of ['one', 'two']) await api('POST', '/api/sessions', { name, start: false, config: { engine: 'ECHO', echo: { loginAfterMs: 0 } } });
    for (const name of ['one', 'two']) await page.getByLabel(`Choose ${name}`, { exact: true }).check();
    const all = (word) => until(async () => (await status('one')) === word && (await status('two')) === word, word);
    await bulk('Start').click();
    await all('WORKING');
    for (const name of ['one', 'two']) await row(name).getByText('Working').waitFor();
    assert.ok(await bulk('Start').isDisabled(), 'both run');
    await bulk('Restart').click();
    await page.getByText('2 sessions restarted').waitFor();
    await all('WORKING');
    await bulk('Log out').click();
    await page.getByText('Log out 2 sessions?').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Log out' }).click();
    await page.getByText('2 sessions logged out').waitFor();
    await until(async () => !(await bulk('Stop').isDisabled()), 'they can be stopped');
    await bulk('Stop').click();
    await all('STOPPED');
    await bulk('Choose none').click();
    await page.getByRole('region', { name: 'Chosen sessions' }).waitFor({ state: 'detached' });
    for (const name of ['one', 'two']) await api('DELETE', `/api/sessions/${name}`);
    await page.reload();
    await row('first').waitFor();
    quiet();
  },

  async 'a dead letter is delivered again'() {
    const webhooks = [{ url: receiver.url, events: ['message'], retries: { attempts: 0 } }];
    await api('POST', '/api/sessions', { name: 'hooked', config: { engine: 'ECHO', webhooks, echo: { loginAfterMs: 0, echoAfterMs: 0 } } });
    await until(async () => (await status('hooked')) === 'WORKING', 'hooked');
    await api('POST', '/api/sendText', { session: 'hooked', chatId: '12345@c.us', text: EVIL });
    await row('hooked').getByRole('button', { name: 'hooked', exact: true }).click();
    await page.getByRole('tab', { name: 'Webhooks' }).click();
    await page.getByText('one try').click();
    await page.locator('pre.json', { hasText: 'onerror' }).waitFor();
    await page.getByText(/HTTP 500/).first().waitFor();
    await shot(page, 'dead-letter');
    receiver.status = 200;
    await page.getByRole('button', { name: 'Deliver again', exact: true }).first().click();
    await until(() => receiver.taken.length === 1, 'the one');
    await page.getByText('1 event is in line again').waitFor();
    await page.getByText('Every event was taken.').waitFor();
    receiver.taken = [];
    receiver.status = 500;
    for (const text of [EVIL, 'another']) await api('POST', '/api/sendText', { session: 'hooked', chatId: '12345@c.us', text });
    await until(async () => (await api('GET', '/api/hooked/webhooks/dead')).items.length === 2, 'two dead letters');
    await page.getByText('one try').nth(1).waitFor();
    receiver.status = 200;
    await page.getByRole('button', { name: 'Deliver all again' }).click();
    await until(() => receiver.taken.length > 0, 'the replay');
    assert.equal(receiver.taken[0].payload.body, EVIL);
    await page.getByText('Every event was taken.').waitFor();
    await axe(page, 'the webhooks');
    quiet();
  },

  async 'the configuration is edited; a secret stays hidden'() {
    await page.getByRole('tab', { name: 'Configuration' }).click();
    const drawer = page.getByRole('dialog');
    await drawer.getByLabel('Push name').fill('Renamed');
    await shot(page, 'configuration');
    await drawer.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The configuration of hooked is saved').waitFor();
    assert.equal((await api('GET', '/api/sessions/hooked')).config.echo.pushName, 'Renamed');
    await drawer.getByRole('tab', { name: 'Screen' }).click();
    await drawer.getByAltText('What the engine of hooked shows now').waitFor();
    await close();
    await until(async () => (await status('hooked')) === 'WORKING', 'again');
  },

  async 'events arrive, pause, filter, open and are downloaded'() {
    await page.getByRole('link', { name: 'Events' }).click();
    await page.getByText('Events appear here').waitFor();
    const say = (text) => api('POST', '/api/sendText', { session: 'hooked', chatId: '12345@c.us', text });
    await until(async () => {
      await say(EVIL);
      return (await page.locator('ol.events li').count()) > 0;
    }, 'an event');
    await page.locator('.event-text', { hasText: 'onerror' }).first().click();
    await page.locator('pre.json').first().waitFor();
    await axe(page, 'the event monitor');
    await shot(page, 'events');
    await page.getByRole('button', { name: 'Pause' }).click();
    const before = await page.locator('ol.events li').count();
    await say('while it pauses');
    await page.getByRole('button', { name: /Go on \(\d+ wait\)/ }).waitFor();
    assert.equal(await page.locator('ol.events li').count(), before);
    await page.getByRole('button', { name: /Go on/ }).click();
    await page.getByLabel('Search').fill('while it pauses');
    await until(async () => (await page.locator('.event-text').allTextContents()).every((text) => text.includes('while it pauses')), 'the filter');
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    const file = await download;
    assert.match(file.suggestedFilename(), /^events-.*\.ndjson$/);
    const lines = readFileSync(await file.path(), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.ok(lines.length >= 2 && lines.every(({ payload }) => payload.body === 'while it pauses'), 'what is filtered, and nothing else');
    await page.getByLabel('Search').fill('');
    await page.getByLabel('Event', { exact: true }).selectOption('message');
    await until(async () => (await page.locator('.event-name').allTextContents()).every((text) => text === 'message'), 'one kind');
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText('Events appear here').waitFor();
    quiet();
  },

  async 'plugins'() {
    await page.getByRole('link', { name: 'Plugins' }).click();
    await page.getByText('Engine ECHO').waitFor();
    await axe(page, 'the plugins');
    await shot(page, 'plugins');
    quiet();
  },

  async 'two servers in one view'() {
    await page.getByRole('link', { name: 'Servers' }).click();
    await page.getByRole('button', { name: 'Add a server' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/^Address/).fill(`127.0.0.1:${other.port}`);
    await dialog.getByLabel('Name').fill('Second house');
    await dialog.getByLabel(/^API key/).fill(KEY);
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('heading', { name: 'Second house' }).waitFor();
    await until(async () => (await page.getByText('Connected', { exact: true }).count()) === 2, 'both are connected');
    await axe(page, 'the servers');
    await shot(page, 'servers');
    await other.api('POST', '/api/sessions', { name: 'far', config: { engine: 'ECHO', echo: { loginAfterMs: 0 } } });
    await page.getByRole('link', { name: 'Sessions' }).click();
    await row('far').getByText('Working').waitFor();
    await row('hooked').getByText('Working').waitFor();
    await page.getByRole('button', { name: 'Actions on far' }).click();
    await page.getByRole('menuitem', { name: 'Stop', exact: true }).click();
    await row('far').getByText('Stopped').waitFor();
    assert.equal(await other.status('far'), 'STOPPED');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    await page.getByLabel('Server', { exact: true }).selectOption({ label: 'Second house' });
    await until(async () => (await names()) === 'far', 'those of one server');
    await page.getByLabel('Server', { exact: true }).selectOption('');
    await until(async () => (await names()) === 'first,hooked,far', 'all again');
    // Of both servers at once.
    for (const name of ['first', 'far']) await page.getByLabel(`Choose ${name}`, { exact: true }).check();
    await bulk('Start').click();
    await until(async () => (await other.status('far')) === 'WORKING' && (await status('first')) !== 'STOPPED', 'both started');
    await bulk('Stop').click();
    await until(async () => (await other.status('far')) === 'STOPPED' && (await status('first')) === 'STOPPED', 'both stopped');
    await bulk('Choose none').click();
    await axe(page, 'the sessions');
    await shot(page, 'sessions');
    quiet();
  },

  async 'a keyboard is enough'() {
    await page.goto(`${url}/dashboard`);
    await page.getByRole('button', { name: 'New session' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await until(async () => (await page.evaluate(() => document.activeElement?.innerText)) === 'New session', 'the focus is back');
    await page.getByRole('button', { name: 'Actions on hooked' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    await until(async () => (await page.evaluate(() => document.activeElement?.innerText)) === 'Details', 'the first of the menu');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('hooked').first().waitFor();
    await page.keyboard.press('Escape');
  },

  async 'dark, and on a phone'() {
    for (const [name, options] of Object.entries({
      dark: { colorScheme: 'dark' },
      phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
      'phone-dark': { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, colorScheme: 'dark' },
    })) {
      const small = await newPage(options);
      await open(small, url);
      await small.getByRole('button', { name: 'hooked', exact: true }).waitFor();
      const overflow = await small.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(overflow <= 0, `${name}: ${overflow} px stand out at the side`);
      await axe(small, name);
      await shot(small, `sessions-${name}`);
      await small.getByRole('button', { name: 'hooked', exact: true }).click();
      await small.getByRole('dialog').waitFor();
      await small.waitForTimeout(300); // it slides in
      await shot(small, `details-${name}`);
      await axe(small, `${name}, details`);
      await small.keyboard.press('Escape');
      await small.getByRole('link', { name: 'Events' }).click();
      await until(async () => { // the page may not listen yet
        await api('POST', '/api/sendText', { session: 'hooked', chatId: '12345@c.us', text: 'A longer text, to see what happens to lines that are too long for a phone' });
        return (await small.locator('ol.events li').count()) > 0;
      }, `${name}: an event`);
      await shot(small, `events-${name}`);
      await axe(small, `${name}, events`);
      await small.context().close();
    }
    quiet();
  },
});
