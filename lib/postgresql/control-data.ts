/** What `pg_controldata` says of a data directory whose server may be down. */
export interface ControlData {
  readonly systemIdentifier: string;
  /** `shut down`, `in production`, … as printed under LC_ALL=C. */
  readonly state: string;
  /** The next transaction id with its epoch, as one number. Text, because it may pass 2^53. */
  readonly nextXid: string;
  readonly checkpoint: string;
  readonly checksums: boolean;
}

/** Reads the output of `pg_controldata` (LC_ALL=C); undefined where it is not such output. */
export function parseControlData(text: string): ControlData | undefined {
  const lines = new Map(
    text.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
  const systemIdentifier = lines.get('Database system identifier');
  const state = lines.get('Database cluster state');
  if (!systemIdentifier || !state) return undefined;
  return Object.freeze({
    systemIdentifier,
    state,
    nextXid: fullXid(lines.get("Latest checkpoint's NextXID") ?? ''),
    checkpoint: lines.get('Latest checkpoint location') ?? '',
    checksums: (lines.get('Data page checksum version') ?? '0') !== '0',
  });
}

/** `epoch:xid` (before 9.6: `epoch/xid`) as the 64-bit number that `txid_current_snapshot()` speaks in. */
function fullXid(printed: string): string {
  const [, epoch, xid] = /^(\d+)[:/](\d+)$/.exec(printed) ?? [];
  return epoch === undefined || xid === undefined ? '' : String((BigInt(epoch) << 32n) + BigInt(xid));
}
