import { request, type IncomingMessage } from 'node:http';
import { connect as connectTls } from 'node:tls';
import type { Duplex } from 'node:stream';
import type { HttpRequest } from '../modules/module.ts';
import type { Result } from '../shell/host-shell.ts';
import { Secret } from '../secret.ts';
import { exited } from './verdict.ts';

/** A browser gives up after this many redirections, and so do we. */
const MOST_REDIRECTIONS = 10;

export interface HttpLine {
  /** A stream to where the host itself would connect to. */
  readonly open: (address: string, port: number) => Promise<Duplex>;
  /** Milliseconds for all of it. */
  readonly deadline: number;
}

/**
 * One HTTP request over streams that the line forwards: the host needs no curl. The result's exit code is 0 where an
 * answer came, whatever its status; stdout is the status line, the headers and the body, as `curl -i` prints them.
 * Standard error is the URL that answered, where that is another one than was asked.
 */
export async function httpRequest(first: HttpRequest, line: HttpLine): Promise<Result> {
  const end = performance.now() + line.deadline;
  let asked = first;
  try {
    for (let redirections = 0; ; redirections++) {
      const left = Math.max(1, end - performance.now());
      const answer = await requestOnce(asked, { ...line, deadline: Math.min(left, first.timeout ?? 10_000) });
      const next = redirections < MOST_REDIRECTIONS ? redirected(asked, answer) : undefined;
      if (!next) return { ...exited(0, answer.text), stderr: Buffer.from(asked === first ? '' : urlOf(asked)) };
      asked = next;
    }
  } catch (thrown) {
    return exited(7, thrown instanceof Error ? thrown.message : String(thrown));
  }
}

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly text: Buffer;
}

async function requestOnce(asked: HttpRequest, { open, deadline }: HttpLine): Promise<Answer> {
  const line = await open(asked.address, asked.port);
  const stream = asked.tls === true ? secured(line, asked) : line;
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const { path, method = 'GET', body } = asked;
      const content = body instanceof Secret ? body.reveal() : body;
      const length = content === undefined ? {} : { 'content-length': String(Buffer.byteLength(content)) };
      const headers = { connection: 'close', host: hostOf(asked), ...length, ...asked.headers };
      const call = request({ path, method, headers, createConnection: () => stream }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (chunk: Buffer) => pieces.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode: status = 0, headers: given } = response;
          resolve({
            status,
            location: given.location,
            text: Buffer.concat([Buffer.from(headOf(response)), ...pieces]),
          });
        });
      });
      // A server that accepts and never answers would otherwise hold the step past its own deadline.
      const timer = setTimeout(() => call.destroy(new Error(`no answer in ${Math.round(deadline)} ms`)), deadline);
      call.on('close', () => {
        clearTimeout(timer);
      });
      call.on('error', reject);
      call.end(content);
    });
  } finally {
    stream.destroy();
    line.destroy();
  }
}

/**
 * TLS on the stream. Without authorities the certificate is not judged: the far end is the host itself, over a line
 * whose host key was checked, and its certificate is often for a name that only a load balancer answers to.
 */
function secured(socket: Duplex, { address, authorities }: HttpRequest): Duplex {
  if (authorities === undefined) return connectTls({ socket, rejectUnauthorized: false });
  const isName = !/^[\d.]+$|:/.test(address);
  return connectTls({ socket, ca: authorities, host: address, ...(isName ? { servername: address } : {}) });
}

function hostOf({ address, port, tls }: HttpRequest): string {
  const name = address.includes(':') ? `[${address}]` : address;
  return port === (tls === true ? 443 : 80) ? name : `${name}:${port}`;
}

function urlOf(asked: HttpRequest): string {
  return `${asked.tls === true ? 'https' : 'http'}://${hostOf(asked)}${asked.path}`;
}

/** The status line and the headers as they were sent, repeated ones too. */
function headOf({ statusCode = 0, statusMessage = '', rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    lines.push(`${rawHeaders[at] ?? ''}: ${rawHeaders[at + 1] ?? ''}`);
  return `${lines.join('\n')}\n\n`;
}

/** The request that a redirection asks for; undefined where the answer stands. */
function redirected(asked: HttpRequest, { status, location }: Answer): HttpRequest | undefined {
  const { follow, method = 'GET' } = asked;
  if (follow === undefined || location === undefined || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  if (follow === 'safe' && method !== 'GET' && method !== 'HEAD') return undefined;
  const url = new URL(location, urlOf(asked));
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  const tls = url.protocol === 'https:';
  const address = url.hostname.replace(/^\[|\]$/g, '');
  const keeps = status === 307 || status === 308 || method === 'HEAD';
  const { body, headers, ...rest } = asked;
  // credentials are for the host that they were given for, and what describes a body is not for a request without one
  const others = Object.entries(headers).filter(
    ([name]) =>
      (address === asked.address || !/^(?:authorization|cookie)$/i.test(name)) &&
      (keeps || !/^content-(?:type|length)$/i.test(name)),
  );
  return {
    ...(keeps ? { ...rest, ...(body === undefined ? {} : { body }) } : { ...rest, method: 'GET' }),
    headers: Object.fromEntries(others.filter(([name]) => name.toLowerCase() !== 'host')),
    address,
    port: url.port === '' ? (tls ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    tls,
  };
}
