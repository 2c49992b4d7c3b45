/**
 * The floor: what a loop over ssh2 takes with nothing around it. One connection and one persistent `sh` a host, host
 * keys compared, Nagle's algorithm off; a task is one line and its answer. No inventory, playbook, journal or report.
 * argv: a JSON file with `hosts`, `tasks` and `handshakes` (how many at a time).
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import ssh2, { type Client, type ClientChannel } from 'ssh2';
import type { Server } from './servers.ts';

export interface BareWork {
  readonly hosts: readonly Server[];
  readonly tasks: number;
  readonly handshakes: number;
  /** A script that each host answers before its tasks. */
  readonly first?: string;
}

const work = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as BareWork;
const keys = new Map(work.hosts.map(({ key }) => [key, readFileSync(key)] as const));
const waiting = [...work.hosts];
let answered = 0;

await Promise.all(Array.from({ length: work.handshakes }, worker));
process.stdout.write(`answered=${answered}\n`);

/** Connects one host after another; a host's tasks run while the next is connected. */
async function worker(): Promise<void> {
  const running: Promise<void>[] = [];
  for (let host = waiting.shift(); host; host = waiting.shift()) running.push(tasks(await open(host)));
  await Promise.all(running);
}

function open({ address, port, user, key, hostKey }: Server): Promise<Client> {
  const known = Buffer.from(hostKey.split(' ')[1] ?? '', 'base64');
  const privateKey = keys.get(key) ?? '';
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client
      .on('connect', () => client.setNoDelay(true))
      .on('ready', () => {
        resolve(client);
      })
      .on('error', reject)
      .connect({
        host: address,
        port,
        username: user,
        privateKey,
        hostVerifier: (shown: Buffer) => shown.equals(known),
        algorithms: { serverHostKey: ['ssh-ed25519'], cipher: ['aes128-gcm@openssh.com'] },
        authHandler: ['publickey'],
        readyTimeout: 60_000,
      });
  });
}

async function tasks(client: Client): Promise<void> {
  const shell = await new Promise<ClientChannel>((resolve, reject) => {
    client.exec('exec sh', (error, channel) => {
      if (error) reject(error);
      else resolve(channel);
    });
  });
  shell.stderr.resume();
  const nonce = randomBytes(12).toString('hex');
  const answer = (script: string): Promise<string> =>
    new Promise((resolve) => {
      let heard = '';
      const hear = (chunk: Buffer): void => {
        heard += chunk.toString('utf8');
        if (!heard.includes(`${nonce} 0\n`)) return;
        shell.off('data', hear);
        resolve(heard);
      };
      shell.on('data', hear);
      shell.write(`(${script}) </dev/null; printf '%s %d\\n' ${nonce} $?\n`);
    });
  if (work.first !== undefined) await answer(`${work.first}\n:`);
  for (let task = 1; task <= work.tasks; task++) {
    if ((await answer(`exec echo hello ${task}`)) === `hello ${task}\n${nonce} 0\n`) answered += 1;
  }
  client.end();
}
