import type { Duplex } from 'node:stream';
import type { Result } from '../shell/host-shell.ts';
import { exited } from './verdict.ts';

export interface TcpProbe {
  /** The connection, as the line forwards it; rejects where nobody accepts. */
  readonly connect: () => Promise<Duplex>;
  /** Milliseconds to hear what the other side says first; 0 or undefined: not listened to. */
  readonly listen: number | undefined;
  /** Milliseconds for connecting. */
  readonly deadline: number;
}

/** Whether somebody accepts: exit code 0 and what was heard, or 7. */
export async function probeTcp({ connect, listen = 0, deadline }: TcpProbe): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer in ${deadline} ms`));
    }, deadline);
  });
  const connecting = connect();
  try {
    const stream = await Promise.race([connecting, late]);
    const heard = listen > 0 ? await hear(stream, listen) : Buffer.alloc(0);
    stream.destroy();
    return exited(0, heard);
  } catch (thrown) {
    connecting.then(
      (stream) => stream.destroy(),
      () => undefined,
    );
    return exited(7, thrown instanceof Error ? thrown.message : String(thrown));
  } finally {
    clearTimeout(timer);
  }
}

async function hear(stream: Duplex, milliseconds: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    stream.on('data', (chunk: Buffer) => pieces.push(chunk));
    stream.on('end', end);
    stream.on('error', end);
    stream.on('close', end);
  });
  return Buffer.concat(pieces);
}
