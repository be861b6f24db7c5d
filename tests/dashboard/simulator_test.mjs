// SPDX-License-Identifier: Apache-2.0
// What a newcomer does after tools/serve --simulator: a session of the native engine, linked by clicks alone.
import assert from 'node:assert/strict';
import { axe, EVIL, problems, run, shot, startBrowser, startServer, startSimulator, until } from './harness.mjs';

const simulator = await startSimulator();
const ENV = {
  WAXWING_WA_ENDPOINT: simulator.endpoint, WAXWING_WA_ROOT_KEY: simulator.root_key,
  WAXWING_DASHBOARD_LINKS: `Simulated phones=${simulator.control}/`,
  WAHA_DASHBOARD_NO_PASSWORD: 'true', WAHA_API_KEY: '', WAHA_NO_API_KEY: 'true',
};
const server = await startServer(ENV);
const control = (method, path, body) => fetch(simulator.control + path, { method, body: JSON.stringify(body) }).then((response) => response.json());
const { newPage } = await startBrowser();
const page = await newPage();

await run({
  async 'from nothing to WORKING'() {
    const began = Date.now();
    await page.goto(`${server.url}/dashboard`);
    await page.getByRole('button', { name: 'Create your first session' }).click();
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByAltText('QR code to link default').waitFor();
    await shot(page, 'simulator-qr');
    const [phones] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('dialog').getByRole('link', { name: /Simulated phones/ }).click(),
    ]);
    await phones.waitForLoadState();
    await phones.goto(`${simulator.control}/?server=${server.url}`);
    await phones.getByRole('button', { name: 'Scan the code of default' }).click();
    await phones.getByText('default is linked to the phone 15550001001.').waitFor();
    await axe(phones, 'the phones');
    await shot(phones, 'simulator-phones');
    await page.getByText('is connected. The session can').waitFor();
    await shot(page, 'simulator-working');
    console.log(`        ${Date.now() - began} ms from an empty page to WORKING`);
    await until(async () => (await server.status('default')) === 'WORKING', 'WORKING');
    assert.deepEqual(problems, []);
  },

  async 'by a pairing code'() {
    await server.api('POST', '/api/sessions', { name: 'coded' });
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Scan the code of coded' }).click();
    await page.getByRole('tab', { name: 'Pairing code' }).click();
    await page.getByLabel('Phone number').fill('15550001777');
    const phones = await page.context().newPage();
    await phones.goto(`${simulator.control}/?server=${server.url}`);
    await fetch(`${simulator.control}/accounts`, { method: 'POST', body: JSON.stringify({ phone: '15550001777', name: 'Typed' }) });
    await page.getByRole('button', { name: 'Get a pairing code' }).click();
    const code = await page.locator('.pairing-code').textContent();
    await phones.getByLabel('Phone', { exact: true }).fill('15550001777');
    await phones.getByLabel('Pairing code').fill(code);
    await phones.getByRole('button', { name: 'Type the code' }).click();
    await page.getByText('is connected. The session can').waitFor();
    assert.deepEqual(problems, []);
  },

  async 'a passkey, by clicks among the phones'() {
    const phones = await page.context().newPage();
    await phones.goto(`${simulator.control}/?server=${server.url}`);
    await phones.getByLabel(/WhatsApp asks for it after a scan/).check();
    await server.api('POST', '/api/sessions', { name: 'guarded' });
    await phones.getByRole('button', { name: 'Scan the code of guarded' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Give the passkey of guarded' }).click();
    await page.getByText("WhatsApp asks for this account's passkey").waitFor();
    await page.getByText('navigator.credentials.get(').waitFor();
    await axe(page, 'the question for a passkey');
    await shot(page, 'passkey');
    await page.setViewportSize({ width: 390, height: 844 });
    await shot(page, 'passkey-phone');
    await page.setViewportSize({ width: 1280, height: 860 });
    await phones.getByRole('button', { name: 'Give the passkey to guarded' }).click();
    await phones.getByText(/guarded is linked|gave its passkey/).waitFor();
    await shot(phones, 'simulator-phones-passkey');
    await page.getByText('is connected. The session can').waitFor();
    assert.deepEqual(problems, []);
  },

  async 'a passkey, pasted; and two codes compared'() {
    const guarded = await newPage();
    const scan = async (at, name, phone) => {
      await guarded.goto(`${at.url}/dashboard`);
      await control('POST', '/accounts', { phone, name });
      await at.api('POST', '/api/sessions', { name });
      await until(async () => (await at.status(name)) === 'SCAN_QR_CODE', 'a code');
      const { value } = await at.api('GET', `/api/${name}/auth/qr?format=raw`);
      const began = Date.now();
      const linked = control('POST', `/accounts/${phone}/scan`, { qr: value });
      await guarded.getByRole('button', { name: `Give the passkey of ${name}` }).click();
      const { challenge } = await at.api('GET', `/api/${name}/auth/passkey/challenge`);
      return { began, linked, assertion: JSON.stringify(await control('POST', `/accounts/${phone}/passkey`, { challenge })) };
    };
    const give = async (text) => {
      await guarded.getByLabel("The passkey's answer").fill(text);
      await guarded.getByRole('button', { name: 'Answer', exact: true }).click();
    };

    const pasted = await scan(server, 'pasted', '15550002001');
    await give('Promise {<pending>}');
    await guarded.getByText('This is not the line that the console shows').waitFor();
    await give('{"id":"x","rawId":"*","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AAAA","signature":"AAAA"}}');
    await guarded.getByText(/rawId must be base64url/).waitFor();
    await give(pasted.assertion);
    await guarded.getByText('is connected. The session can').waitFor();
    await pasted.linked;

    // With a clock that is quick: after five minutes of it the codes have to be compared, after ten it is too late.
    const quick = await startServer(ENV, 'engines: {GOWS: {config: {time_scale: 25}}}\n');
    const compared = await scan(quick, 'compared', '15550002002');
    await until(() => Date.now() - compared.began > 300_000 / 25, 'five quick minutes');
    await give(compared.assertion);
    await guarded.getByText('Does the phone show this code?').waitFor();
    const { code } = await control('GET', '/accounts/15550002002/passkey');
    assert.equal(await guarded.locator('.pairing-code').textContent(), code);
    await axe(guarded, 'comparing codes');
    await shot(guarded, 'passkey-compare');
    await guarded.getByRole('button', { name: 'It is the same' }).click();
    await guarded.getByText('is connected. The session can').waitFor();
    await compared.linked;
    await control('PUT', '/faults', {});
    assert.deepEqual(problems, []);
  },

  async 'what others write is never markup'() {
    const [own, friend] = ['15550003001', '15550003002'];
    for (const phone of [own, friend]) await control('POST', '/accounts', { phone, name: EVIL });
    await server.api('POST', '/api/sessions', { name: 'evil' });
    await until(async () => (await server.status('evil')) === 'SCAN_QR_CODE', 'a code');
    await control('POST', `/accounts/${own}/scan`, { qr: (await server.api('GET', '/api/evil/auth/qr?format=raw')).value });
    await until(async () => (await server.status('evil')) === 'WORKING', 'WORKING');

    const watcher = await newPage();
    await watcher.goto(`${server.url}/dashboard`);
    await watcher.locator('tr', { hasText: 'evil' }).getByText(EVIL).waitFor();
    await watcher.getByRole('button', { name: 'evil', exact: true }).click();
    await watcher.getByRole('dialog').getByText(EVIL).first().waitFor();
    await watcher.goto(`${server.url}/dashboard/event-monitor`);
    await watcher.getByText('Events appear here').waitFor();
    let subjects = 0;
    await until(async () => { // the page may not listen yet
      subjects++;
      await control('POST', '/groups', { subject: `${EVIL} ${subjects}`, phones: [friend, own] });
      await control('POST', `/accounts/${friend}/phone/messages`, { to: `${own}@s.whatsapp.net`, text: EVIL });
      return (await watcher.locator('.event-name', { hasText: /^group/ }).count()) > 0 && (await watcher.locator('.event-name', { hasText: /^message$/ }).count()) > 0;
    }, 'a message and a group');
    await watcher.getByRole('button', { name: 'Pause' }).click(); // so that each stays where it is
    await watcher.getByRole('button', { name: /Go on/ }).waitFor();
    for (const name of ['group', 'message']) {
      const event = watcher.locator('ol.events li').filter({ has: watcher.locator('.event-name', { hasText: new RegExp(`^${name}`) }) }).filter({ hasText: 'onerror' }).first();
      await event.locator('summary').click();
      await event.locator('pre.json', { hasText: 'onerror' }).waitFor();
    }
    await shot(watcher, 'simulator-events');
    const phones = await page.context().newPage();
    await phones.goto(`${simulator.control}/?server=${server.url}`);
    await phones.getByText(EVIL).first().waitFor();
    assert.equal(await watcher.locator('img[src="x"]').count() + await phones.locator('img[src="x"]').count(), 0);
    assert.deepEqual(problems, []);
  },
});
