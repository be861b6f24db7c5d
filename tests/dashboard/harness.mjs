// SPDX-License-Identifier: Apache-2.0
// The real server, its neighbours and a real browser, for the tests of this folder.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const [, , binaries, packages, artefacts] = process.argv;
export const require = createRequire(join(packages, 'package.json'));
mkdirSync(artefacts, { recursive: true });

const PATIENCE_MS = 60_000;
export const KEY = 'key-of-the-dashboard-tests';
export const PASSWORD = 'password-of-the-tests';

const ends = [];
const pages = [];
export const problems = [];
// What `end` says happens when all is over, the last first.
const finally_ = (end) => ends.push(end);

export async function until(condition, what) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function start(program, args, env, ready) {
  const child = spawn(join(binaries, program), args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  finally_(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const log = [];
  const found = new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        log.push(line);
        const value = ready(line);
        if (value) resolve(value);
      });
    }
    ended.then((code) => reject(new Error(`${program} ended with ${code}:\n${log.join('\n')}`)));
  });
  return { value: await found, log };
}

// `yaml` is its configuration file.
export async function startServer(env = {}, yaml = '') {
  const data = mkdtempSync(join(tmpdir(), 'waxwing-dashboard-'));
  finally_(() => rmSync(data, { recursive: true, force: true }));
  writeFileSync(join(data, 'waxwing.yaml'), yaml);
  const { value: port, log } = await start('waxwing', ['--config', join(data, 'waxwing.yaml'), ...(env.WAXWING_WA_ENDPOINT ? ['--allow-test-endpoint'] : [])], {
    PORT: '0', WAHA_LOCAL_STORE_BASE_DIR: data, WAHA_LOG_FORMAT: 'JSON', WAHA_API_KEY: KEY, WAHA_DASHBOARD_PASSWORD: PASSWORD,
    WAHA_PRINT_QR: 'false', ...env,
  }, (line) => line.includes('server.started') && JSON.parse(line).port);
  const url = `http://127.0.0.1:${port}`;
  const api = async (method, path, body) => {
    const response = await fetch(url + path, {
      method, headers: { 'X-Api-Key': KEY, 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  const status = async (name) => (await api('GET', `/api/sessions/${name}`)).status;
  return { url, port, log, api, status };
}

export async function startSimulator(...options) {
  const { value } = await start('waxwing-simulator', options, {}, (line) => line.startsWith('{') && JSON.parse(line));
  return value;
}

// What tries to be markup, in every field that somebody else fills.
export const EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>';

// A receiver of webhooks that refuses, with a reason that tries to be markup, until it is told otherwise.
export async function startReceiver() {
  const receiver = { taken: [], status: 500 };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => { body += part; });
    request.on('end', () => {
      if (receiver.status === 200) receiver.taken.push(JSON.parse(body));
      response.writeHead(receiver.status, EVIL).end(EVIL);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  finally_(() => { server.closeAllConnections(); server.close(); });
  receiver.url = `http://127.0.0.1:${server.address().port}/hook`;
  return receiver;
}

// A browser in which every request that leaves this machine, every error and every dialog counts as a failure.
export async function startBrowser() {
  const { chromium } = require('playwright-core');
  const browser = await chromium.launch({
    executablePath: process.env.WAX_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update', '--no-proxy-server'],
  });
  finally_(() => browser.close());
  const newPage = async (options = {}) => {
    const context = await browser.newContext({
      httpCredentials: { username: 'admin', password: PASSWORD }, viewport: { width: 1280, height: 860 }, ...options,
    });
    const page = await context.newPage();
    pages.push(page);
    page.setDefaultTimeout(PATIENCE_MS / 3);
    page.on('pageerror', (error) => problems.push(`error in the page: ${error}`));
    page.on('dialog', (dialog) => { problems.push(`a dialog: ${dialog.message()}`); void dialog.dismiss(); });
    page.on('console', (message) => {
      // Answers such as 401 and 422 are shown to the user; the browser logs them on top.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) problems.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (!['data:', 'blob:'].includes(protocol) && hostname !== '127.0.0.1') problems.push(`a request to ${request.url()}`);
    });
    return page;
  };
  return { newPage };
}

export const shot = (page, name) => page.screenshot({ path: join(artefacts, `${name}.png`) });

export async function axe(page, what) {
  const { source } = require('axe-core');
  // The page's own policy forbids scripts from elsewhere; the debugging protocol is not bound by it.
  const found = await page.evaluate(`${source}; axe.run(document, {resultTypes: ['violations']}).then((all) => all.violations.map(
    (violation) => violation.id + ': ' + violation.nodes.map((node) => node.target + ' ' + node.failureSummary).join(' | ')))`);
  if (found.length > 0) throw new Error(`${what} is not accessible:\n${found.join('\n')}`);
}

// Types the key once.
export async function open(page, url, path = '/dashboard') {
  await page.goto(url + path);
  await page.getByLabel(/^API key/).fill(KEY);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
}

// Runs the parts one after the other, each on what the one before left; ends the process with 0 when all went well.
export async function run(parts) {
  let failed = false;
  for (const [name, part] of Object.entries(parts)) {
    const began = Date.now();
    try {
      await part();
      console.log(`ok      ${name} (${Date.now() - began} ms)`);
    } catch (error) {
      failed = true;
      console.log(`FAILED  ${name}\n${error.stack ?? error}\n${problems.join('\n')}`);
      for (const [i, page] of pages.entries()) await shot(page, `failure-${i}`).catch(() => {});
      break;
    }
  }
  for (const end of ends.reverse()) await end();
  process.exit(failed ? 1 : 0);
}
