import pLimit from 'p-limit';
import { Secret } from '../lib/secret.ts';
import type { Ask, Question } from '../lib/transport/keyring.ts';
import type { CliContext } from './context.ts';
import { readSecret } from './vault-password.ts';

/**
 * Asks the person at the terminal what a login needs, one question at a time. Undefined without a terminal: nobody is
 * there to answer.
 */
export function askPerson(context: CliContext): Ask | undefined {
  if (context.stdin.isTTY !== true) return undefined;
  const turn = pLimit(1);
  return (question) => turn(() => answerTo(question, context));
}

async function answerTo({ kind, host, text }: Question, context: CliContext): Promise<Secret | undefined> {
  const prompt = text.trim().replace(/:$/, '');
  const typed = await readSecret({ question: kind === 'answer' ? `${host}: ${prompt}` : prompt, context });
  return typed === '' ? undefined : new Secret(typed);
}
