import type { AnyEvent } from '../../lib/events.ts';
import type { CliContext } from '../context.ts';

/** One event, one object, one line (docs/output.md). */
export function jsonRenderer({ stdout }: CliContext): (event: AnyEvent) => void {
  return (event) => {
    stdout.write(
      `${JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}\n`,
    );
  };
}
