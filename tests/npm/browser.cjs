// SPDX-License-Identifier: Apache-2.0
// /ws and /api/events in a headless Chromium. Its page comes from the server itself; events come
// through a relay that can break connections, which makes it another origin.
'use strict';

const assert = require('node:assert/strict');
const {spawn} = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const WebSocket = require('ws');
const {create, key, port, run, say, until} = require('./api.cjs');

// Passes octets on; cut() breaks all connections there are.
async function relay() {
  const sockets = new Set();
  const server = net.createServer((near) => {
    const far = net.connect(port, '127.0.0.1');
    for (const [socket, peer] of [[near, far], [far, near]]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        peer.destroy();
      });
      socket.pipe(peer);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {port: server.address().port, cut: () => sockets.forEach((socket) => socket.destroy())};
}

async function start(folder) {
  const child = spawn('chromium', [
    '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--no-proxy-server',
    '--remote-debugging-port=0', '--remote-allow-origins=*', `--user-data-dir=${folder}`,
    `http://127.0.0.1:${port}/ping`,
  ], {stdio: 'ignore'});
  const address = path.join(folder, 'DevToolsActivePort');
  await until(() => fs.existsSync(address) && fs.readFileSync(address, 'utf8').includes('\n'), 'start');
  const [debugPort] = fs.readFileSync(address, 'utf8').split('\n');
  let page;
  await until(async () => {
    const targets = await (await fetch(`http://127.0.0.1:${debugPort}/json/list`)).json();
    page = targets.find((target) => target.type === 'page' && target.url.endsWith('/ping'));
    return page;
  }, 'page');
  const socket = new WebSocket(page.webSocketDebuggerUrl);
  await new Promise((resolve) => socket.on('open', resolve));
  let count = 0;
  const evaluate = (expression) => new Promise((resolve, reject) => {
    const id = ++count;
    socket.on('message', function answer(data) {
      const message = JSON.parse(data);
      if (message.id !== id) return;
      socket.off('message', answer);
      const failure = message.error ?? message.result.exceptionDetails;
      failure ? reject(new Error(JSON.stringify(failure))) : resolve(message.result.result.value);
    });
    const params = {expression, awaitPromise: true, returnByValue: true};
    socket.send(JSON.stringify({id, method: 'Runtime.evaluate', params}));
  });
  // The target is listed before it shows its page.
  const loaded = () => evaluate("location.pathname === '/ping' && document.readyState === 'complete'");
  await until(() => loaded().catch(() => false), 'page');
  return {child, evaluate};
}

// Runs in the page.
function listen(base, query) {
  const heard = {socket: [], stream: [], ids: [], opened: 0, streams: 0, closed: null};
  const socket = new WebSocket(`ws://${base}/ws?${query}`);
  socket.onopen = () => heard.opened++;
  socket.onmessage = (event) => heard.socket.push(event.data);
  socket.onclose = (event) => (heard.closed = event.code);
  const stream = new EventSource(`http://${base}/api/events?${query}`);
  stream.onopen = () => heard.streams++;
  stream.onmessage = (event) => {
    heard.stream.push(event.data);
    heard.ids.push(event.lastEventId);
  };
  window.heard = heard;
}

run(async () => {
  const between = await relay();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'waxwing-browser-'));
  const {child, evaluate} = await start(folder);
  try {
    await create('browser');
    const query = `session=browser&events=message&x-api-key=${encodeURIComponent(key)}`;
    await evaluate(`(${listen})('127.0.0.1:${between.port}', '${query}')`);
    const heard = () => evaluate('window.heard');
    await until(async () => {
      const now = await heard();
      return now.opened === 1 && now.streams === 1;
    }, 'both open');
    await until(() => say('browser', 'one').then(() => true, () => false), 'WORKING');
    await until(async () => (await heard()).stream.length === 1, 'the first event');

    // The stream comes back by itself, with what it missed; a WebSocket does not.
    between.cut();
    await say('browser', 'two, 😀');
    await until(async () => (await heard()).stream.length === 2, 'what was missed');
    const now = await heard();
    assert.equal(now.streams, 2);
    assert.deepEqual(now.socket, now.stream.slice(0, 1));
    assert.equal(now.closed, 1006);
    const events = now.stream.map((text) => JSON.parse(text));
    assert.deepEqual(events.map((event) => event.payload.body), ['one', 'two, 😀']);
    assert.deepEqual(events.map((event) => event.id), now.ids);
  } finally {
    child.kill();
    await new Promise((resolve) => child.on('exit', resolve));
    fs.rmSync(folder, {recursive: true, force: true, maxRetries: 5});
  }
});
