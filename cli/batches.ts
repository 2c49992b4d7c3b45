import { PgupError } from '../lib/errors.ts';

/** `--serial 1,10%,50%` over a number of deployments: how many run side by side, batch after batch. */
export function parseSerial(text: string | undefined, deployments: number): readonly number[] {
  if (text === undefined) return [];
  return text.split(',').map((part) => {
    const match = /^(\d+)(%?)$/.exec(part.trim());
    const number = Number(match?.[1] ?? 0);
    if (!match || number === 0 || (match[2] === '%' && number > 100)) {
      throw new PgupError('usage', `--serial has "${part.trim()}", and numbers or percentages above 0 were expected`, {
        next: '--serial 1,10%,50%',
      });
    }
    return match[2] === '%' ? Math.max(1, Math.floor((deployments * number) / 100)) : number;
  });
}

/** `--max-failures N|P%`: how many deployments may fail before no further one is started. */
export function parseMaxFailures(text: string | undefined, deployments: number): number {
  if (text === undefined) return 0;
  const match = /^(\d+)(%?)$/.exec(text.trim());
  if (!match) {
    throw new PgupError('usage', `--max-failures is "${text}", and a number or a percentage was expected`);
  }
  const number = Number(match[1]);
  return match[2] === '%' ? Math.floor((deployments * number) / 100) : number;
}
