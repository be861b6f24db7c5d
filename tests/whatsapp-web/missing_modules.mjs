// SPDX-License-Identifier: Apache-2.0
// missing_modules.mjs CHROMIUM WA-JS DRIVER MESSAGING GROUPS: opens the stand-in page once for each module left out, all in one
// browser, and prints what the driver script says of each. Fails when a page without one of the parts that login
// needs is taken for a whole one, or when a page says nothing.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const [chromium, waJs, driver, messaging, groups] = process.argv.slice(2);
const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const read = (name) => fs.readFileSync(name, 'utf8');

// Module left out -> the part that login misses, or null when a session works without it.
const modules = {
  WAWebSocketModel: 'Socket', WAWebStreamModel: 'Stream', WAWebConnModel: 'Conn', WAWebCmd: 'Cmd',
  WAWebUserPrefsIsLoggedIn: 'isAuthenticated', WAWebUserPrefsMultiDevice: 'isRegistered',
  WAWebUserPrefsMeUser: 'UserPrefs', WABase64: 'Base64', WAWebSignalStoreApi: 'SignalStore',
  WAWebUserPrefsInfoStore: 'NoiseInfo', WAWebAdvSignatureApi: 'AdvSecret',
  WAWebAltDeviceLinkingApi: null, WAWebBuildConstants: null, WAWebLogoutReason: null, WAWebMsgCollection: null,
  WAWebChatCollection: null, WAWebChatModel: null, WAWebMsgKey: null, WAWebWid: null, WAWebWidFactory: null,
  WAWebFindChatAction: null, WAWebSendMsgChatAction: null, WAWebAck: null, WATimeUtils: null,
  WAWebGetEphemeralFieldsMsgActionsUtils: null,
};

const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'waxwing-modules-'));
const browser = spawn(chromium, [
  '--headless=new', '--remote-debugging-pipe', `--user-data-dir=${profile}`, '--no-sandbox', '--no-startup-window',
  '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--no-first-run',
  '--disable-renderer-backgrounding', '--disable-background-timer-throttling',
], {stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']});
process.on('exit', () => {
  browser.kill('SIGKILL');
  fs.rmSync(profile, {recursive: true, force: true, maxRetries: 20, retryDelay: 50});
});

let count = 0;
const pending = new Map();
const listeners = new Map();  // session -> function of (method, params)
let unread = '';
browser.stdio[4].setEncoding('utf8');
browser.stdio[4].on('data', (piece) => {
  const messages = (unread + piece).split('\0');
  unread = messages.pop();
  for (const message of messages.map((text) => JSON.parse(text))) {
    if (message.id) {
      const {resolve, reject} = pending.get(message.id);
      pending.delete(message.id);
      message.error ? reject(new Error(JSON.stringify(message.error))) : resolve(message.result);
    } else {
      listeners.get(message.sessionId)?.(message.method, message.params);
    }
  }
});
function call(method, params = {}, sessionId = undefined) {
  return new Promise((resolve, reject) => {
    const id = ++count;
    pending.set(id, {resolve, reject});
    browser.stdio[3].write(JSON.stringify({id, method, params, sessionId}) + '\0');
  });
}

const files = Object.fromEntries(['models.js', 'modules.js', 'wire.js', 'messages.js', 'groups.js', 'account.js']
    .map((name) => [`/page/${name}`, read(path.join(here, name))]));
const key = Buffer.alloc(32, 7).toString('base64');
function body_of(url, omit) {
  const {pathname} = new URL(url);
  if (pathname === '/') {
    return ['text/html', read(path.join(here, 'page.html')).replace('/*options*/{}', JSON.stringify({omit}))];
  }
  if (pathname in files) return ['text/javascript', files[pathname]];
  if (pathname === '/api/register') {
    return ['application/json', JSON.stringify({
      refs: ['2@ref'], login: {client: 1, token: 't'}, keys: {noise: key, identity: key, adv: key},
    })];
  }
  return null;
}

async function open(omit) {
  const {targetId} = await call('Target.createTarget', {url: 'about:blank'});
  const {sessionId} = await call('Target.attachToTarget', {targetId, flatten: true});
  const found = new Promise((resolve) => {
    const seen = {};
    listeners.set(sessionId, (method, params) => {
      if (method === 'Fetch.requestPaused') {
        const answer = body_of(params.request.url, omit);
        if (!answer) return;  // as a server that has nothing to say yet
        call('Fetch.fulfillRequest', {
          requestId: params.requestId, responseCode: 200,
          responseHeaders: [{name: 'content-type', value: answer[0]}],
          body: Buffer.from(answer[1]).toString('base64'),
        }, sessionId);
      } else if (method === 'Runtime.bindingCalled') {
        const {event, data} = JSON.parse(params.payload);
        seen[event] ??= data;
        if (event === 'page.broken' || (event === 'page.loaded' && data.missing.length > 0) || event === 'qr') {
          resolve(seen);
        }
      }
    });
    setTimeout(() => resolve(seen), 30000).unref();
  });
  const script = (source) => call('Page.addScriptToEvaluateOnNewDocument', {source}, sessionId);
  await call('Fetch.enable', {patterns: [{urlPattern: '*'}]}, sessionId);
  await call('Page.enable', {}, sessionId);
  await call('Runtime.enable', {}, sessionId);
  await call('Runtime.addBinding', {name: '__host'}, sessionId);
  await script(`window.WPPConfig = {disableGoogleAnalytics: true};
    (() => { const raw = window.__host; delete window.__host;
      window.driver = (${read(driver)})((event, data) => raw(JSON.stringify({event, data})), {patienceMs: 6000}, (${read(messaging)}), (${read(groups)})); })();`);
  await script(read(waJs));
  await call('Page.navigate', {url: 'https://web.whatsapp.com/'}, sessionId);
  const seen = await found;
  await call('Target.closeTarget', {targetId});
  return seen;
}

const whole = await open([]);
assert.deepEqual(whole['page.loaded']?.missing, [], JSON.stringify(whole));
assert.deepEqual(whole['page.loaded'].limited, [], JSON.stringify(whole));
assert.equal(whole.qr?.split(',').length, 5, JSON.stringify(whole));

let problems = 0;
const names = Object.keys(modules);
async function worker() {
  for (let name; (name = names.shift());) {
    const seen = await open([name]);
    const said = seen['page.loaded'];
    const part = modules[name];
    const right = part ? said?.missing.includes(part) : said?.missing.length === 0 && said.limited.length > 0;
    console.log(`${right ? 'ok  ' : 'FAIL'} ${name}: ${JSON.stringify(seen)}`);
    problems += right ? 0 : 1;
  }
}
await Promise.all([worker(), worker(), worker(), worker(), worker(), worker()]);
const gone = new Promise((resolve) => browser.on('exit', resolve));
await call('Browser.close').catch(() => {});
await gone;
process.exit(problems ? 1 : 0);
