// SPDX-License-Identifier: Apache-2.0
// Times as people say them.
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [['day', 86_400], ['hour', 3600], ['minute', 60], ['second', 1]];

export function ago(ms: number): string {
  const seconds = Math.round((ms - Date.now()) / 1000);
  const [unit, size] = STEPS.find(([, step]) => Math.abs(seconds) >= step) ?? STEPS[3]!;
  return relative.format(Math.trunc(seconds / size), unit);
}

export const clock = (ms: number): string => new Date(ms).toLocaleTimeString(undefined, { hour12: false });
export const moment = (ms: number): string => new Date(ms).toLocaleString();
