// SPDX-License-Identifier: Apache-2.0
// The installed third-party packages, by name.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const packages = join(process.env.WAX_INTEROP_DIRECTORY, 'node_modules');

export async function load(...path) {
  const module = await import(pathToFileURL(join(packages, ...path)).href);
  return module.default && typeof module.default === 'object' ? { ...module.default, ...module } : module;
}

export const require = createRequire(join(packages, 'here.cjs'));

// A small generator of random numbers with a seed, so that a failure can be repeated.
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
