// SPDX-License-Identifier: Apache-2.0
// What the server tells its own dashboard before there is a key.
import { Store, useStore } from './store';

export interface Settings {
  version: string;
  apiPage: boolean;
  links: { title: string; url: string }[];
}

const settings = new Store<Settings>({ version: '', apiPage: false, links: [] });

export const useSettings = (): Settings => useStore(settings);

export async function loadSettings(): Promise<void> {
  const response = await fetch('/dashboard/settings.json');
  if (response.ok) settings.set(await response.json());
}
