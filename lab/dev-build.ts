import { ensureImages } from './image.ts';
import { terminalProgress } from './progress.ts';
await ensureImages(process.argv.slice(2) as never, terminalProgress());
