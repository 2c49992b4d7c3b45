const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/** What a host said, made safe for a terminal: control characters are shown, not obeyed. Newlines and tabs stay. */
export function escapeControls(text: string): string {
  // Nearly always there is nothing to do, and a test is far cheaper than a copy.
  if (!CONTROL.test(text)) return text;
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (character) => {
    const code = character.charCodeAt(0);
    return code === 0x0d ? '' : `\\x${code.toString(16).padStart(2, '0')}`;
  });
}

/** The same event with every text in it made safe. */
export function escapeEvent<T>(event: T): T {
  return mapStrings(event) as T;
}

function mapStrings(value: unknown): unknown {
  if (typeof value === 'string') return escapeControls(value);
  if (Array.isArray(value)) return value.map(mapStrings);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapStrings(each)]));
}
