// SPDX-License-Identifier: Apache-2.0
// JSON to read, as text: nothing in it is ever markup.
export function JsonText({ value }: { value: unknown }) {
  return <pre className="json" tabIndex={0} aria-label="JSON">{JSON.stringify(value, null, 2)}</pre>;
}
