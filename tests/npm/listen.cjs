// SPDX-License-Identifier: Apache-2.0
// /ws with the WebSocket client "ws".
'use strict';

const assert = require('node:assert/strict');
const WebSocket = require('ws');
const {create, key, port, run, say, until} = require('./api.cjs');

// A client that remembers what it heard.
function listen(query, headers = {'X-Api-Key': key}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws${query}`, {headers});
  const heard = {socket, events: [], pongs: [], opened: false, closed: null};
  socket.on('open', () => (heard.opened = true));
  socket.on('message', (data, isBinary) => {
    assert.equal(isBinary, false);
    heard.events.push(JSON.parse(data.toString('utf8')));
  });
  socket.on('pong', (data) => heard.pongs.push(data.toString()));
  socket.on('close', (code, reason) => (heard.closed = {code, reason: reason.toString()}));
  return heard;
}

run(async () => {
  const all = listen('');
  const other = listen('?session=npm-other');
  await until(() => all.opened && other.opened, 'open');
  assert.equal(all.socket.extensions, '');

  await create('npm');
  const working = (event) => event.event === 'session.status' && event.payload.status === 'WORKING';
  await until(() => all.events.some(working), 'WORKING');

  // Texts of every length that a frame's header knows, with characters of every length.
  const texts = ['x', 'é€😀', 'y'.repeat(200), 'ü€😀'.repeat(20000)];
  for (const text of texts) {
    await say('npm', text);
  }
  const messages = () => all.events.filter((event) => event.event === 'message');
  await until(() => messages().length === texts.length, 'messages');
  assert.deepEqual(messages().map((event) => event.payload.body), texts);
  assert.deepEqual(other.events, []);

  // What came after the first message, again.
  const again = listen(`?session=npm&events=message&since=${messages()[0].id}`);
  await until(() => again.events.length === texts.length - 1, 'replay');
  assert.deepEqual(again.events, messages().slice(1));

  // Control frames in both directions.
  again.socket.ping('how are you');
  await until(() => again.pongs.includes('how are you'), 'pong');
  again.socket.send('nothing is defined for this');
  again.socket.close(1000, 'bye');
  await until(() => again.closed, 'close');
  assert.equal(again.closed.code, 1000);

  other.socket.send('z'.repeat(100000));
  await until(() => other.closed, 'close of the talkative');
  assert.equal(other.closed.code, 1009);

  for (const [query, headers] of [['', {}], ['?x-api-key=wrong', {}], ['', {'X-Api-Key': 'wrong'}]]) {
    const stranger = listen(query, headers);
    await until(() => stranger.closed, 'close of the stranger');
    assert.equal(stranger.opened, true);
    assert.deepEqual(stranger.closed, {code: 1008, reason: 'Unauthorized'});
  }
  assert.equal(all.closed, null);
});
