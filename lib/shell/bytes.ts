/**
 * Text from a host is bytes: a file name need not be UTF-8. Bytes that are not become the lone surrogates U+DC80 to
 * U+DCFF (Python's `surrogateescape`), so that what a host said can be put into a command and arrives unchanged.
 */
export function decodeBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString('utf8');
  if (!text.includes('\uFFFD')) return text;
  return decodeSlowly(buffer);
}

/** The bytes of a text, lone escape surrogates as the bytes that they stand for. */
export function encodeText(text: string): Buffer {
  if (!/[\uDC80-\uDCFF]/.test(text)) return Buffer.from(text, 'utf8');
  const parts: Buffer[] = [];
  let clean = '';
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    if (point >= 0xdc80 && point <= 0xdcff) {
      parts.push(Buffer.from(clean, 'utf8'), Buffer.from([point - 0xdc00]));
      clean = '';
    } else {
      clean += character;
    }
  }
  parts.push(Buffer.from(clean, 'utf8'));
  return Buffer.concat(parts);
}

function decodeSlowly(buffer: Buffer): string {
  let text = '';
  let at = 0;
  while (at < buffer.length) {
    const length = sequenceLength(buffer, at);
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + (buffer[at] ?? 0));
      at += 1;
    } else {
      text += buffer.toString('utf8', at, at + length);
      at += length;
    }
  }
  return text;
}

/** The length of the valid UTF-8 sequence at an offset; 0 where the byte there does not begin one. */
function sequenceLength(buffer: Buffer, at: number): number {
  const first = buffer[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 && first <= 0xf4 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length === 0 || first > 0xf4 || at + length > buffer.length) return 0;
  // The decoder is the judge of overlong forms and surrogates: a valid sequence comes back as one character.
  const decoded = buffer.toString('utf8', at, at + length);
  return decoded.includes('\uFFFD') && !buffer.subarray(at, at + length).equals(REPLACEMENT) ? 0 : length;
}

const REPLACEMENT = Buffer.from('\uFFFD', 'utf8');
