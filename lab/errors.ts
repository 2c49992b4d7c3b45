/**
 * A failure that the lab explains to its user in one paragraph: what was found, and what to do about it.
 * Everything else that is thrown is a defect of the lab itself and keeps its stack.
 */
export class LabError extends Error {
  override readonly name = 'LabError';
}

/** The message of whatever was thrown, for a line of text. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
