import { request } from 'node:http';
import { connect as connectTls } from 'node:tls';
import type { Duplex } from 'node:stream';
import type { HttpRequest } from '../modules/module.ts';
import type { Result } from '../shell/host-shell.ts';
import { exited } from './verdict.ts';

/**
 * One HTTP GET over a stream that the line has forwarded: the host needs no curl. The result's exit code is 0 where an
 * answer came, whatever its status; stdout is the status line, the headers and the body, as `curl -i` prints them.
 */
export async function httpGet(
  { path, headers, tls }: HttpRequest,
  { stream: line, deadline }: { stream: Duplex; deadline: number },
): Promise<Result> {
  // The far end is the host itself, over a line whose host key was checked: its certificate proves nothing more, and is
  // often for a name that only a load balancer answers to.
  const stream = tls === true ? connectTls({ socket: line, rejectUnauthorized: false }) : line;
  try {
    return await new Promise<Result>((resolve, reject) => {
      const call = request(
        { path, headers: { connection: 'close', ...headers }, createConnection: () => stream, timeout: deadline },
        (response) => {
          const body: Buffer[] = [];
          response.on('data', (chunk: Buffer) => body.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const head = `HTTP/1.1 ${response.statusCode ?? 0} ${response.statusMessage ?? ''}\n`;
            const fields = Object.entries(response.headers).map(([name, value]) => `${name}: ${String(value)}\n`);
            resolve(exited(0, Buffer.concat([Buffer.from(`${head}${fields.join('')}\n`), ...body])));
          });
        },
      );
      // A server that accepts and never answers would otherwise hold the step past its own deadline.
      const timer = setTimeout(() => call.destroy(new Error(`no answer in ${deadline} ms`)), deadline);
      call.on('close', () => {
        clearTimeout(timer);
      });
      call.on('error', reject);
      call.end();
    });
  } catch (thrown) {
    return exited(7, String(thrown));
  } finally {
    stream.destroy();
    line.destroy();
  }
}
