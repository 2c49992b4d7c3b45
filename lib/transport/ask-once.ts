import type { Ask } from './keyring.ts';

/** The same question about the passphrase of a key is asked once, however many hosts and transports need the key. */
export function passphrasesOnce(ask: Ask | undefined): Ask | undefined {
  if (!ask) return undefined;
  const passphrases = new Map<string, ReturnType<Ask>>();
  return (question) => {
    if (question.kind === 'answer') return ask(question);
    const known = passphrases.get(question.text);
    if (known) return known;
    const asking = ask(question);
    passphrases.set(question.text, asking);
    return asking;
  };
}
