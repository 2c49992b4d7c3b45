/** A host's clock, and how far it is from the controller's. Seconds. */
export interface TimeFacts {
  /** Since the epoch, the host's own, when the facts were complete; undefined where it has no usable `date`. */
  readonly clock: number | undefined;
  /** `+0200`. */
  readonly zone: string;
  /**
   * The host's clock less the controller's, and the most that this may be wrong by: half of the time that was spent on
   * the way. Undefined where the controller's clock was not looked at.
   */
  readonly offset: number | undefined;
  readonly uncertainty: number | undefined;
}

interface ReadTime {
  /** `SECONDS NANOSECONDS ZONE`, as `date` prints it, before and after. */
  readonly began: string;
  readonly ended: string;
  /** The controller's clock, in milliseconds. */
  readonly sent: number | undefined;
  readonly received: number | undefined;
}

/**
 * As NTP does it: the host read its clock twice, between the two looks at ours, so that only what the question and its
 * answer spent on the way stands between the clocks.
 */
export function readTime({ began, ended, sent, received }: ReadTime): TimeFacts {
  const [first, last] = [parseDate(began), parseDate(ended)];
  const zone = /[+-]\d{4}$/.exec(ended)?.[0] ?? '';
  if (!last) return Object.freeze({ clock: undefined, zone, offset: undefined, uncertainty: undefined });
  const clock = rounded(last.seconds);
  if (!first || sent === undefined || received === undefined) {
    return Object.freeze({ clock, zone, offset: undefined, uncertainty: undefined });
  }
  // The offset lies between these two, whatever the way there and the way back took.
  const least = last.seconds - received / 1000;
  const most = first.seconds + first.resolution - sent / 1000;
  return Object.freeze({
    clock,
    zone,
    offset: rounded((least + most) / 2),
    uncertainty: rounded(Math.abs(most - least) / 2),
  });
}

/** Some `date` have no nanoseconds: then the time may be up to a second later than it says. */
function parseDate(text: string): { readonly seconds: number; readonly resolution: number } | undefined {
  const [, seconds, nanoseconds] = /^(\d+) (\d{9})?/.exec(text) ?? [];
  if (seconds === undefined) return undefined;
  if (nanoseconds === undefined) return { seconds: Number(seconds), resolution: 1 };
  return { seconds: Number(seconds) + Number(nanoseconds) / 1e9, resolution: 0 };
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
