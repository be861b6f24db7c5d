// SPDX-License-Identifier: Apache-2.0
// A question before something that cannot be undone.
import { Button, Group, Modal, Text } from '@mantine/core';
import { Store, useStore } from '../api/store';

interface Question {
  title: string;
  text: string;
  yes: string;
  answer: (yes: boolean) => void;
}

const question = new Store<Question | null>(null);

export function confirm(title: string, text: string, yes: string): Promise<boolean> {
  return new Promise((resolve) => {
    question.set({ title, text, yes, answer: (answer) => { question.set(null); resolve(answer); } });
  });
}

export function Confirm() {
  const asked = useStore(question);
  return (
    <Modal opened={asked !== null} onClose={() => asked?.answer(false)} title={asked?.title} centered zIndex={400}
      closeButtonProps={{ 'aria-label': 'Close' }}>
      <Text size="sm">{asked?.text}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" data-autofocus onClick={() => asked?.answer(false)}>Cancel</Button>
        <Button color="red" onClick={() => asked?.answer(true)}>{asked?.yes}</Button>
      </Group>
    </Modal>
  );
}
