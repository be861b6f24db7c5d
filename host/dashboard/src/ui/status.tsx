// SPDX-License-Identifier: Apache-2.0
// The status of a session: a word and a colour.
import type { Status } from '../api/types';

const WORDS: Record<Status, string> = {
  WORKING: 'Working', SCAN_QR_CODE: 'Scan QR code', STARTING: 'Starting', PASSKEY_REQUIRED: 'Passkey needed',
  PASSKEY_CONFIRMATION_REQUIRED: 'Confirm passkey', FAILED: 'Failed', STOPPED: 'Stopped',
};

export const statusWord = (status: Status): string => WORDS[status] ?? status;

export function StatusMark({ status }: { status: Status }) {
  return <span className="status" data-status={status}>{statusWord(status)}</span>;
}
