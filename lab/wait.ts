import { get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from './errors.ts';

/** Waits until `look` gives something; says what was waited for where it does not come in time. */
export async function until<T>(what: string, seconds: number, look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new LabError(`${what} did not come within ${seconds} s`);
    await sleep(100);
  }
}

/** The first line that the server at this address says, if it says one. */
export function banner(address: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 1000 });
    const end = (line?: string): void => {
      socket.destroy();
      resolve(line);
    };
    socket.once('data', (data) => {
      end(data.toString());
    });
    for (const event of ['error', 'timeout', 'close'] as const) {
      socket.once(event, () => {
        end();
      });
    }
  });
}

/** The status that a URL answers with; nothing where nobody answers. */
export function httpStatus(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { timeout: 10_000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => {
      resolve(undefined);
    });
  });
}
