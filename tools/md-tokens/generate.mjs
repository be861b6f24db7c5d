// SPDX-License-Identifier: Apache-2.0
// Writes the token tables of plugins/multidevice/binary from a published client's constants: see README.md.
import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

const [source, version, origin] = process.argv.slice(2);
if (!source || !/^[23]$/.test(version ?? '') || !origin) {
  console.error('usage: generate.mjs <WABinary/constants.js> <2|3> <origin, as in the comment>');
  process.exit(2);
}

const module = await import(pathToFileURL(resolve(source)).href);
const constants = module.SINGLE_BYTE_TOKENS ? module : module.default;
const tables = [constants.SINGLE_BYTE_TOKENS, ...constants.DOUBLE_BYTE_TOKENS]
    .map((table) => table.map((token) => token ?? ''));
if (tables.map((table) => table.length).join() !== '236,256,256,256,256') {
  throw new Error('a table has an unexpected size');
}
for (const token of tables.flat()) {
  if (!/^[\x21-\x7e]*$/.test(token) || /["\\]/.test(token)) {
    throw new Error(`a token would need an escape: ${JSON.stringify(token)}`);
  }
}

// One string literal per table, wrapped at 100 columns; "\n" stands between the tokens.
function literal(table) {
  const lines = [];
  let line = '';
  table.forEach((token, index) => {
    const piece = token + (index + 1 < table.length ? '\\n' : '');
    if (4 + 1 + line.length + piece.length + 2 > 100) {
      lines.push(line);
      line = '';
    }
    line += piece;
  });
  lines.push(line);
  return lines.map((text) => `    "${text}"`).join('\n');
}

const sha256 = (table) => createHash('sha256').update(table.join('\n')).digest('hex');
const name = (index) => (index === 0 ? 'kSingle' : `kDouble${index - 1}`);

console.log(`// SPDX-License-Identifier: Apache-2.0
// Token dictionary ${version}, written by tools/md-tokens/generate.mjs. Do not edit.
// Source of the facts: ${origin}
//
// SHA-256 of each table, its tokens joined by a line feed:
${tables.map((table, i) => `//   ${name(i).padEnd(9)}${sha256(table)}`).join('\n')}
#pragma once

#include <string_view>

namespace waxwing::multidevice::tokens_${version} {

// clang-format off`);
tables.forEach((table, index) => {
  console.log(`inline constexpr std::string_view ${name(index)} =\n${literal(table)};`);
});
console.log(`// clang-format on

}  // namespace waxwing::multidevice::tokens_${version}`);
