// SPDX-License-Identifier: Apache-2.0
// One word about a thing.
export type Tone = 'ok' | 'wait' | 'bad' | 'off';

export const Tag = ({ tone, children }: { tone: Tone; children: string }) => <span className="tag" style={{ color: `var(--${tone})` }}>{children}</span>;
