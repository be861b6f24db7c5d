// SPDX-License-Identifier: Apache-2.0
// The server's own links, where a phone is needed: one may lead to simulated ones.
import { Anchor, Group } from '@mantine/core';
import { useSettings } from '../api/settings';

export function Links() {
  const { links } = useSettings();
  if (links.length === 0) return null;
  return (
    <Group gap="sm" justify="center">
      {links.map(({ title, url }) => <Anchor key={url} href={url} target="_blank" rel="noopener" size="sm">{title} ↗</Anchor>)}
    </Group>
  );
}
