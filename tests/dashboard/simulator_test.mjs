// SPDX-License-Identifier: Apache-2.0
// What a newcomer does after tools/serve --simulator: a session of the native engine, linked by clicks alone.
import assert from 'node:assert/strict';
import { axe, problems, run, shot, startBrowser, startServer, startSimulator, until } from './harness.mjs';

const simulator = await startSimulator();
const server = await startServer({
  WAXWING_WA_ENDPOINT: simulator.endpoint, WAXWING_WA_ROOT_KEY: simulator.root_key,
  WAXWING_DASHBOARD_LINKS: `Simulated phones=${simulator.control}/`,
  WAHA_DASHBOARD_NO_PASSWORD: 'true', WAHA_API_KEY: '', WAHA_NO_API_KEY: 'true',
});
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
});
