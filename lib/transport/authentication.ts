import type { AnyAuthMethod, ParsedKey } from 'ssh2';
import { PgupError } from '../errors.ts';
import { fileTrouble, nextForKeys } from './key-letters.ts';
import { OneKeyAgent, type Ask, type KeyFile, type Keyring } from './keyring.ts';
import { MOST_KEYS } from './openssh-identities.ts';
import type { Target } from './transport.ts';
import type { Secret } from '../secret.ts';

/** How one connection proves who it is: an explicit list of ways, tried in order, each once. */
export interface Authentication {
  readonly handler: (left: string[] | null, partial: boolean | null) => AnyAuthMethod | false;
  /** Whether the host has refused anything yet. Before that, a lost line is only that. */
  refusedAny(): boolean;
  /** Who is told when a person is being asked, and when they have answered. */
  onPerson(listener: (asking: boolean) => void): void;
  /** The letter, once the host has refused them all. */
  refusal(): PgupError;
}

interface Way {
  readonly method: AnyAuthMethod;
  /** The method's name as the server lists it. */
  readonly needs: 'publickey' | 'password' | 'keyboard-interactive';
  readonly says: string;
}

export async function prepareAuthentication(options: {
  target: Target;
  keyring: Keyring;
  ask: Ask | undefined;
}): Promise<Authentication> {
  const { target, keyring, ask } = options;
  const agentKeys = target.agentSocket === undefined ? [] : await keyring.agent(target.agentSocket);
  const files = await Promise.all(
    target.privateKeyFiles.map((file) => keyring.file({ file, host: target.host, agentKeys })),
  );
  const prompts = new Prompts(target, ask);
  const { named, others } = keyWays(target, files, agentKeys);
  // Keys that were named, then a password that was given, then what the agent happens to hold: a server that takes
  // three tries only must not spend them on keys that nobody meant for it.
  const passwords = passwordWays(target, prompts);
  const few = [
    ...named.slice(0, MOST_KEYS),
    ...passwords.given,
    ...others.slice(0, Math.max(0, MOST_KEYS - named.length)),
  ];
  const ways = [...few, ...passwords.asked];
  const tried: string[] = [];
  let next = 0;
  let left: readonly string[] | null = null;
  let last: Way | undefined;
  let passwordRefused = false;
  return {
    handler: (methods, partial) => {
      left = methods ?? left;
      // The server still takes passwords after ours failed, so it was wrong: the same one again by
      // keyboard-interactive would be a second failure, and some hosts lock the account on the third.
      if (last?.needs === 'password' && partial !== true && methods?.includes('password') === true)
        passwordRefused = true;
      for (let way = ways[next]; way; way = ways[next]) {
        next += 1;
        if (left && !left.includes(way.needs)) continue;
        if (way.needs === 'keyboard-interactive' && passwordRefused) continue;
        last = way;
        tried.push(way.says);
        return way.method;
      }
      return false;
    },
    refusedAny: () => left !== null,
    onPerson: (listener) => {
      prompts.onPerson = listener;
    },
    refusal: () => refusal({ target, tried, left, files, prompts, unused: named.length + others.length - MOST_KEYS }),
  };
}

function keyWays(
  target: Target,
  files: readonly KeyFile[],
  agentKeys: readonly ParsedKey[],
): { named: Way[]; others: Way[] } {
  const username = target.user;
  const socket = target.agentSocket;
  const byAgent = (key: ParsedKey): Way[] =>
    socket === undefined
      ? []
      : [
          {
            method: { type: 'agent', username, agent: new OneKeyAgent(socket, key) },
            needs: 'publickey',
            says: `agent key ${key.type} ${key.comment || ''}`.trim(),
          },
        ];
  const offered: Buffer[] = [];
  const fromFiles = files.flatMap((file): Way[] => {
    if (file.kind === 'key') {
      offered.push(file.key.getPublicSSH());
      return [{ method: { type: 'publickey', username, key: file.key }, needs: 'publickey', says: `key ${file.file}` }];
    }
    if (file.kind !== 'locked' || !file.publicKey) return [];
    const blob = file.publicKey;
    const held = agentKeys.find((key) => key.getPublicSSH().equals(blob));
    if (held) offered.push(blob);
    return held ? byAgent(held) : [];
  });
  if (target.identitiesOnly === true) return { named: fromFiles, others: [] };
  const others = agentKeys.filter((key) => !offered.some((blob) => blob.equals(key.getPublicSSH())));
  return { named: fromFiles, others: others.flatMap(byAgent) };
}

function passwordWays(target: Target, prompts: Prompts): { given: Way[]; asked: Way[] } {
  const username = target.user;
  const interactive: Way = {
    method: {
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _instructions, _language, asked, finish) => {
        prompts.answer(asked).then(finish, () => {
          finish([]);
        });
      },
    },
    needs: 'keyboard-interactive',
    says: 'keyboard-interactive',
  };
  if (!target.password) return { given: [], asked: prompts.answerable ? [interactive] : [] };
  const password = target.password.reveal();
  const plain: Way = { method: { type: 'password', username, password }, needs: 'password', says: 'password' };
  return { given: [plain, interactive], asked: [] };
}

/** Answers what keyboard-interactive asks: the password to the first hidden prompt, all else is for a person. */
class Prompts {
  readonly #target: Target;
  readonly #ask: Ask | undefined;
  #gavePassword = false;
  onPerson: (asking: boolean) => void = () => undefined;
  /** Prompts that nobody answered. */
  readonly unanswered: string[] = [];

  constructor(target: Target, ask: Ask | undefined) {
    this.#target = target;
    this.#ask = ask;
  }

  get answerable(): boolean {
    return this.#ask !== undefined;
  }

  async answer(asked: readonly { readonly prompt: string; readonly echo?: boolean }[]): Promise<string[]> {
    const answers: string[] = [];
    for (const { prompt, echo } of asked) answers.push(await this.#one(prompt, echo ?? false));
    return answers;
  }

  async #one(prompt: string, echo: boolean): Promise<string> {
    const { password } = this.#target;
    if (password && !echo && !this.#gavePassword) {
      this.#gavePassword = true;
      return password.reveal();
    }
    const answer = await this.#person(prompt);
    if (!answer) this.unanswered.push(prompt.trim());
    return answer?.reveal() ?? '';
  }

  async #person(text: string): Promise<Secret | undefined> {
    this.onPerson(true);
    try {
      return await this.#ask?.({ kind: 'answer', host: this.#target.host, text });
    } finally {
      this.onPerson(false);
    }
  }
}

function refusal(options: {
  target: Target;
  tried: readonly string[];
  left: readonly string[] | null;
  files: readonly KeyFile[];
  prompts: Prompts;
  unused: number;
}): PgupError {
  const { target, tried, left, files, prompts, unused } = options;
  const parts = [
    tried.length === 0
      ? `nothing to log in to ${target.host} with as ${target.user}: no key, agent or password given`
      : `${target.host} refused ${target.user}: tried ${tried.join(', ')}`,
    ...(left ? [`it takes ${left.join(', ')}`] : []),
    ...files.flatMap(fileTrouble),
    ...(prompts.unanswered.length > 0 ? [`nobody answered "${prompts.unanswered[0] ?? ''}"`] : []),
    ...(unused > 0 ? [`${unused} more agent keys were not offered, for hosts refuse after a few`] : []),
  ];
  return new PgupError('authentication', parts.join('; '), { host: target.host, next: nextForKeys(target, files) });
}
