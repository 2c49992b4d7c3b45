import type { Phase } from './letters.ts';

/** What `ssh` says on standard error while it connects (LogLevel DEBUG1), understood as it comes. */
export class SshLog {
  phase: Phase = 'tcp';
  /** The type and the fingerprint of the key that the host showed. */
  hostKey: { readonly type: string; readonly fingerprint: string } | undefined;
  /** The ways that the host takes, once it said so. */
  methods: string | undefined;
  /** What was offered, for people. */
  readonly tried: string[] = [];
  #refusals = 0;
  /** What was said instead of an SSH banner. */
  greeting: string | undefined;
  readonly #said: string[] = [];
  #rest = '';
  #atReady = 0;

  /** Whether the host has refused anything that was offered. ssh first asks with nothing at all. */
  get refusedAny(): boolean {
    return this.#refusals > 1;
  }

  /** What it said apart from the account of its own doings: complaints, and what the host wants read. */
  get said(): readonly string[] {
    return this.#said;
  }

  /** From now on what it says is about a line that stands. */
  ready(): void {
    this.phase = 'ready';
    this.#atReady = this.#said.length;
  }

  /** What ended the line: the first complaint since it stood, for the others follow from it. */
  get lastWords(): string {
    const since = this.phase === 'ready' ? this.#said.slice(this.#atReady) : this.#said.slice(-1);
    return (
      since.find((line) => /reset|closed|timeout|not responding|broken|disconnect|error/i.test(line)) ??
      since[0] ??
      'ssh ended'
    );
  }

  /** Whether it said something like this. */
  find(pattern: RegExp): RegExpExecArray | undefined {
    for (const line of this.#said) {
      const found = pattern.exec(line);
      if (found) return found;
    }
    return undefined;
  }

  feed(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString('utf8')).split(/\r?\n/);
    this.#rest = (lines.pop() ?? '').slice(-4096);
    for (const line of lines) this.#hear(line);
  }

  /** The last words, where they end without a newline. */
  end(): void {
    if (this.#rest !== '') this.#hear(this.#rest);
    this.#rest = '';
  }

  #hear(line: string): void {
    const progress = /^debug1: (.*)$/.exec(line)?.[1];
    if (progress === undefined) {
      if (line !== '' && this.#said.length < 200) this.#said.push(line);
      return;
    }
    if (this.phase === 'ready') return;
    if (/^Connection established|^Executing proxy command/.test(progress)) this.phase = 'handshake';
    else if (progress.startsWith('SSH2_MSG_NEWKEYS received')) this.phase = 'authentication';
    this.#hearKeys(progress);
  }

  #hearKeys(progress: string): void {
    const key = /^Server host (?:key|certificate): (\S+) (SHA256:[^\s,]+)/.exec(progress);
    if (key) this.hostKey = { type: key[1] ?? '', fingerprint: key[2] ?? '' };
    const greeting = /banner line \d+: (.+)$/.exec(progress)?.[1];
    this.greeting ??= greeting;
    const methods = /^Authentications that can continue: (.*)$/.exec(progress)?.[1];
    if (methods !== undefined) {
      this.methods = methods;
      this.#refusals += 1;
    }
    const offered = /^Offering public key: (.*?)(?: (?:explicit|agent|token|authenticator))*$/.exec(progress)?.[1];
    if (offered !== undefined) this.tried.push(`key ${offered}`);
    const method = /^Next authentication method: (.*)$/.exec(progress)?.[1];
    if (method !== undefined && method !== 'publickey') this.tried.push(method);
  }
}
