// SPDX-License-Identifier: Apache-2.0
// Short messages at the edge of the page, read out by screen readers.
import { Notification } from '@mantine/core';
import { Store, useStore } from '../api/store';

interface Toast {
  id: number;
  text: string;
  bad: boolean;
}

const SHOWN_MS = 8000;
const toasts = new Store<Toast[]>([]);
let count = 0;

const close = (id: number) => toasts.set(toasts.get().filter((toast) => toast.id !== id));

export function toast(text: string, kind: 'good' | 'bad' = 'good'): void {
  const id = ++count;
  toasts.set([...toasts.get().slice(-3), { id, text, bad: kind === 'bad' }]);
  window.setTimeout(() => close(id), SHOWN_MS);
}

export function Toasts() {
  return (
    <div className="toasts" role="status" aria-live="polite">
      {useStore(toasts).map(({ id, text, bad }) => (
        <Notification key={id} color={bad ? 'red' : 'teal'} withBorder closeButtonProps={{ 'aria-label': 'Close message' }} onClose={() => close(id)}>
          {text}
        </Notification>
      ))}
    </div>
  );
}
