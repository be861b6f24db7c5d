// SPDX-License-Identifier: Apache-2.0
// Thousands of generated nodes: what Baileys writes, ours reads as Baileys does and writes octet by octet alike.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { load, random } from './clients.mjs';

const kNodesEach = 6000;
const seed = Number(process.env.WAX_SEED ?? Math.floor(Math.random() * 2 ** 31));
const next = random(seed);
const below = (n) => Math.floor(next() * n);
const pick = (list) => list[below(list.length)];
const repeat = (n, make) => Array.from({ length: n }, make);
const digits = (n) => repeat(n, () => below(10)).join('');

// The older client writes empty text as "no value": ours reads that too, and never writes it.
function generator(constants, current) {
  const words = [constants.SINGLE_BYTE_TOKENS, ...constants.DOUBLE_BYTE_TOKENS].flat().filter((word) => word);
  const plain = (n) => repeat(n, () => pick([...'abcdefghijklmnopqrstuvwxyzABCDEFG 0123456789-._/+é✓'])).join('');
  const text = () => pick([
    () => pick(words), () => pick(words), () => digits(1 + below(20)), () => digits(1 + below(3)) + '.' + digits(4) + '-' + below(100),
    () => repeat(1 + below(40), () => pick([...'0123456789ABCDEF'])).join(''), () => plain(1 + below(30)),
    () => digits(125 + below(6)), () => plain(250 + below(20)), () => (current ? '' : '0'), () => repeat(126 + below(4), () => 'A').join(''),
  ])();
  const jid = () => {
    const user = digits(5 + below(12));
    const person = pick(current ? ['s.whatsapp.net', 'lid', 'hosted', 'hosted.lid'] : ['s.whatsapp.net', 'lid']);
    return pick([
      () => '@s.whatsapp.net', () => '@g.us', () => `${user}@${person}`, () => `${user}:${1 + below(255)}@${person}`,
      () => `120363${user}@g.us`, () => `${user}-${digits(10)}@g.us`, () => 'status@broadcast', () => `${user}@newsletter`,
      () => `${user}@c.us`, () => `${user}@bot`,
    ])();
  };
  const octets = () => Buffer.from(repeat(pick([0, 1, 16, 33, 100, 255, 256, 300]), () => below(256)));
  const name = () => (next() < 0.7 ? pick(words) : 'n' + plain(1 + below(20)));
  return function node(depth = 0) {
    const attrs = {};
    for (let i = below(pick([1, 3, 6, 12])); i > 0; --i) {
      attrs[name()] = next() < 0.4 ? jid() : text();
    }
    const made = { tag: name(), attrs };
    const kind = below(depth > 4 ? 3 : 5);
    if (kind === 1) {
      made.content = octets();
    } else if (kind === 2) {
      // Baileys reads text that was written without a token as octets; both are the same to it.
      made.content = pick(words);
    } else if (kind > 2) {
      made.content = repeat(pick([0, 1, 1, 2, 3, depth === 0 && next() < 0.02 ? 300 : 1]), () => node(depth + 1));
    }
    return made;
  };
}

const plainly = ({ tag, attrs, content }) => ({
  tag,
  attrs: { ...attrs },
  ...(content === undefined ? {} : {
    content: Array.isArray(content) ? content.map(plainly)
        : typeof content === 'string' ? content : { hex: Buffer.from(content).toString('hex') },
  }),
});

const witness = spawn(process.argv[2], { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = createInterface({ input: witness.stdout })[Symbol.asyncIterator]();
const ask = async (version, frame) => {
  witness.stdin.write(`${version} ${frame.toString('hex')}\n`);
  const { value, done } = await answers.next();
  if (done) throw new Error('the witness has ended');
  return JSON.parse(value);
};

let octets = 0;
for (const [name, version, current] of [['baileys7', 3, true], ['baileys6', 2, false]]) {
  const { encodeBinaryNode } = await load(name, 'lib', 'WABinary', 'encode.js');
  const { decodeBinaryNode } = await load(name, 'lib', 'WABinary', 'decode.js');
  const make = generator(await load(name, 'lib', 'WABinary', 'constants.js'), current);
  for (let i = 0; i < kNodesEach; ++i) {
    const node = make();
    const theirs = encodeBinaryNode(node);
    octets += theirs.length;
    const ours = await ask(version, theirs);
    const fail = (what) => {
      console.error(`${name}, node ${i}, WAX_SEED=${seed}: ${what}\n${JSON.stringify(plainly(node))}\n` +
                    `theirs ${theirs.toString('hex')}\nours   ${JSON.stringify(ours)}`);
      process.exit(1);
    };
    if (ours.error) fail(ours.error);
    if (ours.hex !== theirs.toString('hex')) fail('we write other octets');
    if (!isDeepStrictEqual(ours.node, plainly(node))) fail('we read another node');
    const back = await decodeBinaryNode(Buffer.from(ours.hex, 'hex'));
    if (!isDeepStrictEqual(plainly(back), plainly(node))) fail('Baileys reads another node from our octets');
  }
  console.log(`${name}: ${kNodesEach} nodes with dictionary ${version} agree`);
}
witness.stdin.end();
console.log(`${octets} octets, WAX_SEED=${seed}`);
