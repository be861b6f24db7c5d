// SPDX-License-Identifier: Apache-2.0
// What the scripts of this folder share: calls of the REST API, and waiting.
'use strict';

const port = Number(process.argv[2]);
const key = process.env.WAX_TEST_KEY;

async function call(method, path, body) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: {'X-Api-Key': key, 'Content-Type': 'application/json'},
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!response.ok) {
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }
  return response.json();
}

// A session of the echo engine, WORKING soon.
const create = (name, start = true) =>
  call('POST', '/api/sessions', {name, start, config: {echo: {loginAfterMs: 0}}});

// Makes events of messages.
const say = (session, text) => call('POST', '/api/sendText', {session, chatId: '12345@c.us', text});

async function until(condition, what) {
  const deadline = Date.now() + 60000;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new Error(`waited in vain: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function run(main) {
  main().then(
    () => process.exit(0),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
}

module.exports = {call, create, key, port, run, say, until};
