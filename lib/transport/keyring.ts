import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import type { ParsedKey, SignCallback } from 'ssh2';
import type { Secret } from '../secret.ts';

/** A question to the person at the terminal. Without a terminal nobody answers, and the answer is undefined. */
export interface Question {
  readonly kind: 'passphrase' | 'answer';
  readonly host: string;
  readonly text: string;
}
export type Ask = (question: Question) => Promise<Secret | undefined>;

/** What became of a private key file. */
export type KeyFile =
  | { readonly kind: 'key'; readonly file: string; readonly key: ParsedKey; readonly certificate: boolean }
  /** Encrypted, and nobody gave the passphrase. `publicKey` is the blob, where the file beside it tells. */
  | { readonly kind: 'locked'; readonly file: string; readonly publicKey: Buffer | undefined; readonly wrong: boolean }
  | { readonly kind: 'missing'; readonly file: string }
  /** Only a name for a key on a FIDO token. */
  | { readonly kind: 'token'; readonly file: string }
  | { readonly kind: 'unusable'; readonly file: string; readonly why: string };

/** Private keys and what the agent holds, each read once however many hosts need them. */
export class Keyring {
  readonly #files = new Map<string, Promise<KeyFile>>();
  readonly #agents = new Map<string, Promise<readonly ParsedKey[]>>();
  readonly #ask: Ask | undefined;

  constructor(ask: Ask | undefined) {
    this.#ask = ask;
  }

  /** Reads a key file. An encrypted one is asked for once, unless the agent holds it. */
  file(options: { file: string; host: string; agentKeys: readonly ParsedKey[] }): Promise<KeyFile> {
    const known = this.#files.get(options.file);
    if (known) return known;
    const loading = this.#load(options);
    this.#files.set(options.file, loading);
    return loading;
  }

  /** The keys that the agent holds; none where it cannot be asked. FIDO keys are not among them: ssh2 skips those. */
  agent(socket: string): Promise<readonly ParsedKey[]> {
    const known = this.#agents.get(socket);
    if (known) return known;
    const loading = agentKeys(socket);
    this.#agents.set(socket, loading);
    return loading;
  }

  async #load(options: { file: string; host: string; agentKeys: readonly ParsedKey[] }): Promise<KeyFile> {
    const { file, host } = options;
    const content = await contentOf(file);
    if (content === undefined) return { kind: 'missing', file };
    if (typeof content !== 'string') return { kind: 'unusable', file, why: content.message };
    const certificate = (await contentOf(`${file}-cert.pub`)) !== undefined;
    const parsed = parse(content);
    if (!(parsed instanceof Error)) return { kind: 'key', file, key: parsed, certificate };
    const beside = await contentOf(`${file}.pub`);
    if (typeof beside === 'string' && beside.startsWith('sk-')) return { kind: 'token', file };
    if (!/encrypted|passphrase/i.test(parsed.message)) return { kind: 'unusable', file, why: parsed.message };
    const publicKey = publicKeyIn(beside);
    if (publicKey && options.agentKeys.some((key) => key.getPublicSSH().equals(publicKey))) {
      return { kind: 'locked', file, publicKey, wrong: false };
    }
    const passphrase = await this.#ask?.({ kind: 'passphrase', host, text: `Passphrase for key ${file}: ` });
    if (!passphrase) return { kind: 'locked', file, publicKey, wrong: false };
    const opened = parse(content, passphrase.reveal());
    if (opened instanceof Error) return { kind: 'locked', file, publicKey, wrong: true };
    return { kind: 'key', file, key: opened, certificate };
  }
}

function parse(content: string, passphrase?: string): ParsedKey | Error {
  const parsed: unknown = ssh2.utils.parseKey(content, passphrase);
  if (parsed instanceof Error) return parsed;
  // Typed as one key; the newer file format may come back as a list of one.
  const key = (Array.isArray(parsed) ? parsed[0] : parsed) as ParsedKey;
  return key.isPrivateKey() ? key : new Error('it holds no private key');
}

async function contentOf(file: string): Promise<string | Error | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : (error as Error);
  }
}

function publicKeyIn(content: string | Error | undefined): Buffer | undefined {
  if (typeof content !== 'string') return undefined;
  const parsed: unknown = ssh2.utils.parseKey(content);
  return parsed instanceof Error ? undefined : (parsed as ParsedKey).getPublicSSH();
}

function agentKeys(socket: string): Promise<readonly ParsedKey[]> {
  return new Promise((resolve) => {
    new ssh2.OpenSSHAgent(socket).getIdentities((error, keys) => {
      if (error || !keys) {
        resolve([]);
        return;
      }
      const parsed = keys.map((key): unknown => ssh2.utils.parseKey(key as ParsedKey));
      resolve(parsed.filter((key): key is ParsedKey => !(key instanceof Error)));
    });
  });
}

/**
 * The agent, reduced to one key. ssh2 offers every key of an agent in turn, which uses up the server's MaxAuthTries,
 * and reports a failing agent as an `error` of the connection although it goes on: here a signature that the agent
 * will not give becomes one that the server refuses, and the next way is tried.
 */
export class OneKeyAgent extends ssh2.BaseAgent<ParsedKey> {
  readonly #agent: InstanceType<typeof ssh2.OpenSSHAgent>;
  readonly #key: ParsedKey;

  constructor(socket: string, key: ParsedKey) {
    super();
    this.#agent = new ssh2.OpenSSHAgent(socket);
    this.#key = key;
  }

  override getIdentities(done: (error?: Error | null, keys?: ParsedKey[]) => void): void {
    done(null, [this.#key]);
  }

  override sign(key: ParsedKey, data: Buffer, options: object | SignCallback, done?: SignCallback): void {
    const callback = typeof options === 'function' ? (options as SignCallback) : done;
    const given = typeof options === 'function' ? {} : options;
    this.#agent.sign(key, data, given, (error, signature) => {
      callback?.(null, error || !signature ? Buffer.alloc(64) : signature);
    });
  }
}
