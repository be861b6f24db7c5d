// SPDX-License-Identifier: Apache-2.0
// What the API answers, as far as the dashboard reads it.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export const STATUSES = [
  'WORKING', 'SCAN_QR_CODE', 'STARTING', 'PASSKEY_REQUIRED', 'PASSKEY_CONFIRMATION_REQUIRED', 'FAILED', 'STOPPED',
] as const;
export type Status = (typeof STATUSES)[number];

export interface Me {
  id: string;
  pushName?: string;
  lid?: string;
  jid?: string;
}

export interface Session {
  name: string;
  status: Status;
  config: JsonObject | null;
  me: Me | null;
  timestamps?: { activity?: number | null };
  assignedWorker?: string;
  engine?: JsonObject & { engine?: string }; // {} while it is stopped
  configuredEngine?: string;
  reason?: { id: string; text: string };
}

export interface Version {
  version: string;
  engine: string;
  platform: string;
  worker?: { id: string | null };
}

export interface Operation {
  name: string;
  readOnly: boolean;
  experimental: boolean;
}

export interface Engine {
  id: string;
  name: string;
  version: string;
  available?: boolean;
  reason?: string;
  configSection: string;
  operations: Operation[];
  events: string[];
}

export interface Backend {
  id: string;
  name: string;
  version: string;
}

export interface Plugin {
  id: string;
  path: string;
  loaded: boolean;
  refusal?: string;
  name?: string;
  version?: string;
  vendor?: string;
  license?: string;
  abi?: string;
  sha256?: string;
  engines?: Engine[];
  storages?: Backend[];
  proxies?: Backend[];
  counters?: { calls: number; failedCalls: number; misbehaviour: { [name: string]: number } };
}

export interface Event {
  id: string;
  timestamp: number;
  event: string;
  session: string;
  engine?: string;
  me?: Me | null;
  payload: Json;
}

// The part of JSON Schema that forms are made of.
export interface Schema {
  $ref?: string;
  type?: string | string[];
  title?: string;
  description?: string;
  properties?: { [name: string]: Schema };
  additionalProperties?: boolean | Schema;
  definitions?: { [name: string]: Schema };
  required?: string[];
  items?: Schema;
  enum?: Json[];
  default?: Json;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  'x-secret'?: boolean;
}
