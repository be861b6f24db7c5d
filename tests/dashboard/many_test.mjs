// SPDX-License-Identifier: Apache-2.0
// A table of 1,000 sessions: it scrolls, filters and follows events without blocking the page for long.
import assert from 'node:assert/strict';
import { axe, open, problems, run, shot, startBrowser, startServer, until } from './harness.mjs';

const COUNT = 1000;
const server = await startServer({ WAHA_HTTP_LOG_LEVEL: 'error' });
const { newPage } = await startBrowser();
const page = await newPage();
const debug = await page.context().newCDPSession(page);
await debug.send('Performance.enable', { timeDomain: 'threadTicks' });

// Of the page's own thread, so that other load on the machine does not count.
const cpu_ms = async () => {
  const { metrics } = await debug.send('Performance.getMetrics');
  return 1000 * metrics.find(({ name }) => name === 'TaskDuration').value;
};

// Tasks above 50 ms while `what` happens, how long the longest took, and the processor time of it all.
async function watch(name, what) {
  const before = await cpu_ms();
  await page.evaluate(() => {
    window.longTasks = [];
    window.watcher = new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((entry) => entry.duration)));
    window.watcher.observe({ type: 'longtask' });
  });
  const frames = await what();
  const tasks = await page.evaluate(() => { window.watcher.disconnect(); return window.longTasks; });
  console.log(`        ${name}: ${tasks.length} tasks above 50 ms${tasks.length > 0 ? `, the longest ${Math.round(Math.max(...tasks))} ms` : ''}; ${Math.round((await cpu_ms()) - before)} ms of processor time${frames ? ` for ${frames}` : ''}`);
}

await run({
  async 'a thousand sessions'() {
    const names = Array.from({ length: COUNT }, (_, i) => i);
    const work = async () => {
      for (let i = names.shift(); i !== undefined; i = names.shift()) {
        await server.api('POST', '/api/sessions', {
          name: `session-${String(i).padStart(4, '0')}`, start: i % 100 === 0,
          config: { engine: 'ECHO', metadata: { team: `team ${i % 17}`, customer: `customer ${i}` }, echo: { loginAfterMs: 0 } },
        });
      }
    };
    await Promise.all(Array.from({ length: 8 }, work));
  },

  async 'only what is in sight is in the page'() {
    await open(page, server.url);
    await page.getByRole('button', { name: /All 1000/ }).waitFor();
    const lines = await page.locator('tbody tr:not(.gap)').count();
    assert.ok(lines > 5 && lines < 60, `${lines} rows in the page`);
    assert.equal(await page.locator('table.sessions').getAttribute('aria-rowcount'), String(COUNT + 1));
    await axe(page, 'a thousand sessions');
  },

  async 'it scrolls'() {
    await watch('scrolling to the end', () => page.evaluate(async () => {
      const end = document.documentElement.scrollHeight - innerHeight;
      let frames = 0;
      for (let at = 0; at < end; at += 400) {
        scrollTo(0, at);
        frames++;
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      scrollTo(0, document.documentElement.scrollHeight);
      return `${frames} steps`;
    }));
    await page.getByText('session-0999', { exact: true }).waitFor();
    await shot(page, 'many-end');
    assert.ok(await page.locator('tbody tr:not(.gap)').count() < 60);
  },

  async 'it filters as one types'() {
    await page.evaluate(() => scrollTo(0, 0));
    await watch('typing a search', () => page.getByLabel('Search').pressSequentially('customer:customer 777'));
    await until(async () => (await page.locator('tbody .name').allTextContents()).join() === 'session-0777', 'the one');
    await page.getByLabel('Search').fill('team:team 3');
    await page.getByText(/^\d+ of 1000 sessions shown$/).waitFor();
  },

  async 'all are chosen and started at once, and it follows'() {
    await page.getByLabel('Search').fill('');
    await page.getByLabel('Choose all').check();
    await watch('starting all', async () => {
      await page.getByRole('region', { name: 'Chosen sessions' }).getByRole('button', { name: 'Start', exact: true }).click();
      await page.getByRole('group', { name: 'Filter by status' }).getByRole('button', { name: /Working (1[1-9]|[2-9]\d|\d{3,})/ }).waitFor();
    });
    await shot(page, 'many-starting');
    assert.deepEqual(problems, []);
  },
});
