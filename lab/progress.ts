/** Where the lab says what it is doing: standard error for the command line, nothing for tests. */
export interface Progress {
  /** One line. */
  say(text: string): void;
  /** Runs `work`, saying when it starts, that it still runs (with its newest output line), and how long it took. */
  step<T>(text: string, work: (note: (line: string) => void) => Promise<T>): Promise<T>;
}

/** How often a long step shows that it is alive. */
const HEARTBEAT_MS = 10_000;

/** Seconds for people: tenths below ten, whole ones above. */
export function seconds(milliseconds: number): string {
  const value = milliseconds / 1000;
  return value < 9.95 ? `${value.toFixed(1)} s` : `${value.toFixed(0)} s`;
}

/** Progress as lines on standard error, each with the word `lab:` before it. */
export function terminalProgress(): Progress {
  const say = (text: string): void => {
    process.stderr.write(`lab: ${text}\n`);
  };
  return {
    say,
    async step(text, work) {
      const start = Date.now();
      let newest = '';
      say(`${text} …`);
      const heartbeat = setInterval(() => {
        say(`${text} (${seconds(Date.now() - start)})${newest === '' ? '' : `: ${newest}`}`);
      }, HEARTBEAT_MS);
      try {
        const result = await work((line) => {
          newest = line.trim().slice(0, 100);
        });
        say(`${text}: done (${seconds(Date.now() - start)})`);
        return result;
      } finally {
        clearInterval(heartbeat);
      }
    },
  };
}

/** Says nothing; for tests and for callers that draw by themselves. */
export const silentProgress: Progress = Object.freeze({
  say: () => undefined,
  step: <T>(_text: string, work: (note: (line: string) => void) => Promise<T>) => work(() => undefined),
});
