// SPDX-License-Identifier: Apache-2.0
// pack.mjs <directory>: compresses what is served and writes assets.cc, the table of host/pages.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

// The licences of all that is packed.
function licences() {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const parts = [];
  for (const [path, entry] of Object.entries(packages)) {
    if (path === '' || entry.dev || entry.optional) continue;
    const file = readdirSync(path).find((name) => /^licen[cs]e/i.test(name));
    const text = file === undefined ? `Licence: ${entry.license}` : readFileSync(join(path, file), 'utf8').trim();
    parts.push(`${path.replace(/^.*node_modules\//, '')} ${entry.version}\n\n${text}\n`);
  }
  return Buffer.from(parts.join(`\n${'-'.repeat(78)}\n\n`));
}

const files = (folder, names, prefix) =>
  names.map((name) => ({ name: prefix + name, octets: readFileSync(join(folder, name)) }));
const all = [
  ...files('dist', ['index.html'], 'dashboard/'),
  ...files('dist/assets', readdirSync('dist/assets'), 'dashboard/assets/'),
  { name: 'dashboard/assets/licences.txt', octets: licences() },
  ...files('public', readdirSync('public'), 'dashboard/assets/'),
  ...files('api-page', readdirSync('api-page'), 'api-page/'),
  ...files('node_modules/swagger-ui-dist', ['swagger-ui.css', 'swagger-ui-bundle.js'], 'api-page/'),
];

const out = process.argv[2];
mkdirSync(out, { recursive: true });

const declarations = [];
const rows = [];
const included = (symbol, file) => {
  declarations.push(
    `asm(".pushsection .rodata\\n${symbol}:\\n.incbin \\"" WAX_PACKED "/${file}\\"\\n${symbol}_end:\\n.popsection\\n");`,
    `extern "C" const char ${symbol}[];`,
    `extern "C" const char ${symbol}_end[];`);
  return `{${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})}`;
};

all.forEach(({ name, octets }, i) => {
  const type = TYPES[extname(name)];
  if (type === undefined) throw new Error(`${name}: no content type is known for it`);
  const gzip = gzipSync(octets, { level: 9 });
  const brotli = brotliCompressSync(octets, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: octets.length },
  });
  writeFileSync(join(out, `${i}.gz`), gzip);
  writeFileSync(join(out, `${i}.br`), brotli);
  const etag = createHash('sha256').update(octets).digest('hex').slice(0, 32);
  const immutable = /-[\w-]{8}\.\w+$/.test(name) && name.startsWith('dashboard/assets/');
  rows.push(
    `      Asset{"${name}", "${type}", ${included(`wax_asset_${i}_gz`, `${i}.gz`)},\n` +
    `            ${included(`wax_asset_${i}_br`, `${i}.br`)}, "\\"${etag}\\"", ${immutable}},`);
  console.log(`${name}: ${octets.length} bytes, gzip ${gzip.length}, brotli ${brotli.length}`);
});

writeFileSync(join(out, 'assets.cc'), `// Made by host/dashboard/pack.mjs.
#include "pages/asset.hpp"

#include <array>
#include <cstddef>

${declarations.join('\n')}

namespace waxwing::pages {

std::span<const Asset> assets() {
  static const std::array<Asset, ${rows.length}> all = {{
${rows.join('\n')}
  }};
  return all;
}

}  // namespace waxwing::pages
`);
