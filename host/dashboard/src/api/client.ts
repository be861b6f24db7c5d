// SPDX-License-Identifier: Apache-2.0
// Calls of a server's API.
import { keyOf, type Server } from './servers';
import type { Json } from './types';

export class ApiError extends Error {
  constructor(
    readonly status: number, // 0 = no answer
    message: string,
  ) {
    super(message);
  }
}

// The text that a person gets to see, of one of the error bodies of the API.
function textOf(status: number, body: unknown): string {
  const { message, error, session, status: state } = (body ?? {}) as Record<string, unknown>;
  if (Array.isArray(message)) return message.join('; ');
  if (typeof message === 'string') return message;
  if (typeof error === 'string') return state ? `${error} (${session} is ${state})` : error;
  return `The server answered ${status}`;
}

async function send(server: Server, method: string, path: string, body?: Json, accept = 'application/json') {
  const headers: Record<string, string> = { Accept: accept };
  const key = keyOf(server);
  if (key !== '') headers['X-Api-Key'] = key;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(server.url + path, {
      method, headers, body: body === undefined ? null : JSON.stringify(body), referrerPolicy: 'no-referrer',
      credentials: server.url === '' ? 'same-origin' : 'omit',
    });
  } catch {
    throw new ApiError(0, `${server.name} does not answer`);
  }
  if (!response.ok) {
    throw new ApiError(response.status, textOf(response.status, await response.json().catch(() => null)));
  }
  return response;
}

export async function call<T>(server: Server, method: string, path: string, body?: Json): Promise<T> {
  const text = await (await send(server, method, path, body)).text();
  return (text === '' ? null : JSON.parse(text)) as T;
}

export const get = <T>(server: Server, path: string): Promise<T> => call<T>(server, 'GET', path);

export async function picture(server: Server, path: string): Promise<Blob> {
  return (await send(server, 'GET', path, undefined, 'image/*')).blob();
}

// Of a session's name in a path.
export const part = encodeURIComponent;
export const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));
