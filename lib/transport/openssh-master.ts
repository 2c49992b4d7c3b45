import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { PgupError } from '../errors.ts';
import { Askpass } from './askpass.ts';
import { Deadline } from './deadline.ts';
import { knownKeys, rememberHostKey } from './host-keys.ts';
import { Keyring, type Ask, type KeyFile } from './keyring.ts';
import { parseKnownHosts } from './known-hosts.ts';
import { interrupted, tooSlow, type DialFailure } from './letters.ts';
import { MuxClient } from './mux-client.ts';
import { OpenSshConnection, type Master } from './openssh-connection.ts';
import { identitiesOf } from './openssh-identities.ts';
import { SshLog } from './openssh-log.ts';
import { explainSsh } from './openssh-trouble.ts';
import { READY, sshWords } from './openssh-words.ts';
import type { Target } from './transport.ts';
import { withResolvers } from './with-resolvers.ts';

/** What the transport needs of the machine that it runs on. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The program that runs JavaScript, for the answers to ssh's questions. */
  readonly node: string;
  /** Where private folders are made. A socket's path has 108 bytes at most, so this should be short. */
  readonly temporaryFolder: string;
}

export interface MasterOptions {
  readonly target: Target;
  readonly surroundings: Surroundings;
  readonly ask: Ask | undefined;
  /** The public keys that the agent holds. */
  readonly agentKeys: readonly string[];
  /** The control socket of the connection to the jump host. */
  readonly through: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly keepalive: number | undefined;
}

/**
 * `ssh` with its end tied to ours: the shell reads a pipe that nobody writes to, and ends ssh when that pipe closes,
 * however this program came to its end. ssh alone would hold its line for ever. A signal that reaches an older ssh just
 * before it waits for its sockets is not seen until one of them has something: hence the second.
 */
const TIED = [
  'exec 3<&0; ssh "$@" 3<&- </dev/null & ssh=$!',
  'exec >/dev/null 2>&1; { read -r end <&3; kill $ssh; sleep 1; kill -KILL $ssh; } & tie=$!',
  'exec 3<&-; wait $ssh; code=$?; kill $tie; exit $code',
].join('\n');

/** One attempt at one line by the system's `ssh`, bounded by the target's connect timeout. */
export async function dialByOpenSsh(options: MasterOptions): Promise<OpenSshConnection | DialFailure> {
  const folder = await mkdtemp(join(options.surroundings.temporaryFolder, 'pgup-'));
  const attempt = new Attempt(options, folder);
  try {
    const result = await attempt.run();
    if (!(result instanceof OpenSshConnection)) await attempt.end();
    return result;
  } catch (error) {
    await attempt.end();
    throw error;
  }
}

/** Milliseconds that the shell above may take to end ssh. */
const ENDING = 5000;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

class Attempt implements Master {
  readonly controlPath: string;
  readonly ended: Promise<string>;
  readonly #options: MasterOptions;
  readonly #folder: string;
  readonly #log = new SshLog();
  readonly #settleEnded: (words: string) => void;
  readonly #stop = withResolvers<DialFailure>();
  #child: Child | undefined;
  #askpass: Askpass | undefined;
  #ending: Promise<void> | undefined;

  constructor(options: MasterOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
    this.controlPath = join(folder, 'c');
    const { promise, resolve } = withResolvers<string>();
    this.ended = promise;
    this.#settleEnded = resolve;
  }

  async run(): Promise<OpenSshConnection | DialFailure> {
    const { target, signal, ask, agentKeys, through, surroundings, keepalive } = this.#options;
    if (signal?.aborted === true) return { error: interrupted(target), again: 'never' };
    const known = await knownKeys(target);
    const plain = known.entries.some(({ marker }) => marker === 'none');
    // A host that is known must show a known key, whatever the mode. ssh itself would take a key of another type.
    const strict = plain || target.hostKeyChecking === 'strict';
    const accepted = join(this.#folder, 'accepted');
    const identities = await identitiesOf({ target, folder: this.#folder, agentKeys });
    const deadline = new Deadline(target.connectTimeout, () => {
      const { phase } = this.#log;
      this.#fail({ error: tooSlow(target, phase), again: phase === 'authentication' ? 'never' : 'soon' });
    });
    const abort = (): void => {
      this.#fail({ error: interrupted(target), again: 'never' });
    };
    signal?.addEventListener('abort', abort);
    try {
      const askpass = await this.#openAskpass(deadline);
      const words = sshWords({
        target,
        controlPath: this.controlPath,
        askpass: target.password !== undefined || ask !== undefined,
        strictHostKeys: strict,
        // Where a key is accepted as new, ssh writes it to the first of these files.
        knownHostsFiles: strict ? target.knownHostsFiles : [accepted, ...target.knownHostsFiles],
        identities,
        through,
      });
      const ready = this.#spawn(words, surroundings, askpass);
      const failed = await Promise.race([ready, this.#stop.promise]);
      if (failed === 'ended') {
        const { unused } = identities;
        return explainSsh({
          target,
          log: this.#log,
          asked: askpass.asked,
          known,
          files: await keyFiles(target),
          unused,
        });
      }
      if (failed !== undefined) return failed;
      if (!strict && target.hostKeyChecking === 'accept-new') await this.#remember(known.name, accepted);
      const mux = await MuxClient.connect(this.controlPath);
      return new OpenSshConnection({ target, master: this, mux, keepalive });
    } finally {
      deadline.stop();
      signal?.removeEventListener('abort', abort);
      this.#askpass?.close();
    }
  }

  async end(): Promise<void> {
    this.#ending ??= this.#end();
    await this.#ending;
  }

  async #end(): Promise<void> {
    this.#askpass?.close();
    if (this.#child) {
      const child = this.#child;
      child.stdin.destroy();
      const timer = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        child.kill('SIGKILL');
      }, ENDING);
      await this.ended;
      clearTimeout(timer);
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  #fail(failure: DialFailure): void {
    this.#stop.resolve(failure);
  }

  async #openAskpass(deadline: Deadline): Promise<Askpass> {
    const { target, ask, surroundings } = this.#options;
    this.#askpass = await Askpass.open({
      folder: this.#folder,
      target,
      ask,
      node: surroundings.node,
      onRefused: () => this.#child?.stdin.destroy(),
      onPerson: (asking) => {
        deadline.person(asking);
      },
    });
    return this.#askpass;
  }

  /** Starts ssh. Resolves with nothing when it is logged in, with `ended` when it gave up. */
  #spawn(words: readonly string[], { environment }: Surroundings, askpass: Askpass): Promise<'ended' | undefined> {
    const { promise, resolve, reject } = withResolvers<'ended' | undefined>();
    const child: Child = spawn('/bin/sh', ['-c', TIED, 'ssh', ...words], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Without a terminal, and out of the reach of its interrupts.
      detached: true,
      env: {
        DISPLAY: ':0',
        ...environment,
        SHELL: '/bin/sh',
        LC_ALL: 'C',
        SSH_ASKPASS: askpass.program,
        SSH_ASKPASS_REQUIRE: 'force',
      },
    });
    this.#child = child;
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (chunk: Buffer) => {
      if (!chunk.toString('latin1').includes(READY)) return;
      this.#log.ready();
      resolve(undefined);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#log.feed(chunk);
    });
    child.on('error', (error) => {
      reject(new PgupError('internal', `/bin/sh could not be started: ${error.message}`, { cause: error }));
      this.#settleEnded(error.message);
    });
    child.on('close', () => {
      this.#log.end();
      resolve('ended');
      this.#settleEnded(this.#log.lastWords);
    });
    return promise;
  }

  async #remember(name: string, file: string): Promise<void> {
    const { target } = this.#options;
    const [entry] = parseKnownHosts(await readFile(file, 'utf8'), file);
    if (entry) await rememberHostKey({ target, name, key: entry.key });
  }
}

function keyFiles({ privateKeyFiles, host }: Target): Promise<KeyFile[]> {
  const keyring = new Keyring(undefined);
  return Promise.all(privateKeyFiles.map((file) => keyring.file({ file, host, agentKeys: [] })));
}
