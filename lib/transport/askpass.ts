import { writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Secret } from '../secret.ts';
import type { Ask } from './keyring.ts';
import type { Target } from './transport.ts';

/** What ssh was told, and what nobody could tell it. */
export interface Asked {
  readonly passwordGiven: boolean;
  /** It was asked for again: it is wrong, and ssh was ended. */
  readonly passwordRefused: boolean;
  /** Prompts that nobody answered. */
  readonly unanswered: readonly string[];
  /** Key files whose passphrase was given. */
  readonly opened: readonly string[];
}

export interface AskpassOptions {
  /** A private folder (0700): whoever may open the socket in it is the same user. */
  readonly folder: string;
  readonly target: Target;
  readonly ask: Ask | undefined;
  /** The program that runs JavaScript. */
  readonly node: string;
  /** A second refusal would count towards a ban: ssh is to be ended at once. */
  readonly onRefused: () => void;
  /** A person is being asked, and again when they are not: no deadline runs meanwhile. */
  readonly onPerson: (asking: boolean) => void;
}

/** Sends the prompt to the socket, prints what comes back; without an answer it fails. */
const HELPER = `
const [path, prompt = ''] = process.argv.slice(1);
const line = require('node:net').connect(path);
const answer = [];
line.on('error', () => process.exit(1));
line.on('data', (chunk) => answer.push(chunk));
line.on('end', () => {
  const all = Buffer.concat(answer);
  if (all[0] !== 43) process.exit(1);
  process.stdout.write(all.subarray(1), () => process.exit(0));
});
line.end(prompt);
`;

const PASSPHRASE = /^Enter passphrase for (?:key )?'?(.*?)'?: ?$/;
const ASKS_PASSWORD = /password: ?$/i;

/**
 * Answers what `ssh` asks, over a private socket: SSH_ASKPASS is a program without a secret in it, in its arguments or
 * in its environment.
 */
export class Askpass {
  readonly program: string;
  readonly #options: AskpassOptions;
  readonly #server: Server;
  readonly #unanswered: string[] = [];
  readonly #opened: string[] = [];
  #gavePassword = false;
  #passwordRefused = false;

  static async open(options: AskpassOptions): Promise<Askpass> {
    const socket = join(options.folder, 'a');
    const program = join(options.folder, 'askpass');
    const words = [options.node, '-e', HELPER, '--', socket].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
    await writeFile(program, `#!/bin/sh\nunset NODE_OPTIONS\nexec ${words.join(' ')} "$1"\n`, { mode: 0o700 });
    const server = createServer({ allowHalfOpen: true });
    const askpass = new Askpass(options, program, server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socket, resolve);
    });
    return askpass;
  }

  private constructor(options: AskpassOptions, program: string, server: Server) {
    this.#options = options;
    this.program = program;
    this.#server = server;
    server.on('connection', (socket) => {
      this.#serve(socket);
    });
  }

  get asked(): Asked {
    return {
      passwordGiven: this.#gavePassword,
      passwordRefused: this.#passwordRefused,
      unanswered: this.#unanswered,
      opened: this.#opened,
    };
  }

  close(): void {
    this.#server.close();
  }

  #serve(socket: Socket): void {
    const parts: Buffer[] = [];
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => parts.push(chunk));
    socket.on('end', () => {
      const prompt = Buffer.concat(parts).toString('utf8');
      this.#answer(prompt).then(
        (answer) => {
          if (answer) socket.end(`+${answer.reveal()}\n`);
          else {
            this.#unanswered.push(prompt.trim());
            socket.end('-');
          }
        },
        () => {
          socket.end('-');
        },
      );
    });
  }

  async #answer(prompt: string): Promise<Secret | undefined> {
    const { target, ask } = this.#options;
    const file = PASSPHRASE.exec(prompt)?.[1];
    if (file !== undefined) {
      const text = `Passphrase for key ${file}: `;
      const passphrase = await this.#person(() => ask?.({ kind: 'passphrase', host: target.host, text }));
      if (passphrase) this.#opened.push(file);
      return passphrase;
    }
    if (target.password && !this.#gavePassword) {
      this.#gavePassword = true;
      return target.password;
    }
    // The same password another time would be a second failure, and some hosts lock the account on the third.
    if (target.password && ASKS_PASSWORD.test(prompt)) {
      this.#passwordRefused = true;
      this.#options.onRefused();
      return undefined;
    }
    return this.#person(() => ask?.({ kind: 'answer', host: target.host, text: prompt }));
  }

  async #person(question: () => Promise<Secret | undefined> | undefined): Promise<Secret | undefined> {
    this.#options.onPerson(true);
    try {
      return await question();
    } finally {
      this.#options.onPerson(false);
    }
  }
}
