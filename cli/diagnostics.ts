import type { AnyEvent } from '../lib/events.ts';

/**
 * `--log-file`: every event in detail, by winston. It is for reading afterwards, never the record of a run: winston
 * writes behind our back and loses what it holds when the process dies, which is why the journal is our own.
 */
export async function openDiagnostics(path: string): Promise<{
  readonly subscriber: (event: AnyEvent) => void;
  readonly close: () => Promise<void>;
}> {
  const { default: winston } = await import('winston');
  const file = new winston.transports.File({ filename: path });
  const logger = winston.createLogger({
    level: 'debug',
    format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
    transports: [file],
  });
  return {
    subscriber: ({ type, ...payload }) => {
      const level = type === 'letter' ? 'error' : type === 'finding' ? 'warn' : 'info';
      logger.log(level, type, payload);
    },
    close: () =>
      new Promise((resolve) => {
        file.on('finish', resolve);
        logger.end();
      }),
  };
}
