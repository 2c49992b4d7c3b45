import pLimit from 'p-limit';
import { Secret } from '../lib/secret.ts';
import type { Ask, Question } from '../lib/transport/keyring.ts';
import type { CliContext } from './context.ts';
import { readSecret } from './vault-password.ts';

/**
 * Asks the person at the terminal what a login needs: one question at a time, and the passphrase of a key once, however
 * many hosts and transports need the key. Undefined without a terminal: nobody is there to answer.
 */
export function askOnce(context: CliContext): Ask | undefined {
  if (context.stdin.isTTY !== true) return undefined;
  const turn = pLimit(1);
  const passphrases = new Map<string, Promise<Secret | undefined>>();
  const ask = (question: Question): Promise<Secret | undefined> => turn(() => answerTo(question, context));
  return (question) => {
    if (question.kind === 'answer') return ask(question);
    const known = passphrases.get(question.text);
    if (known) return known;
    const asking = ask(question);
    passphrases.set(question.text, asking);
    return asking;
  };
}

async function answerTo({ kind, host, text }: Question, context: CliContext): Promise<Secret | undefined> {
  const prompt = text.trim().replace(/:$/, '');
  const typed = await readSecret({ question: kind === 'answer' ? `${host}: ${prompt}` : prompt, context });
  return typed === '' ? undefined : new Secret(typed);
}
