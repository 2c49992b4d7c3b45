import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { Secret } from '../secret.ts';

/** What came of opening something encrypted. `reason` says what is wrong with it, after "the value" or "the file". */
export type Opened =
  { readonly kind: 'opened'; readonly bytes: Buffer } | { readonly kind: 'closed'; readonly reason: string };

const MARK = '$ANSIBLE_VAULT;';
const ITERATIONS = 10_000;
const KEY_BYTES = 32;
const BLOCK_BYTES = 16;

/** True for the text of an encrypted file or value. */
export function isVaultText(text: string): boolean {
  return text.trimStart().startsWith(MARK);
}

/**
 * Opens what `ansible-vault` closed, formats 1.1 and 1.2, with one password; the id in a 1.2 header is not looked at.
 * A wrong password and a damaged text both fail the checksum. They are told apart by what the password makes of the
 * text: the right one turns a damaged text into mostly readable text, a wrong one into noise.
 */
export class Vault {
  readonly #password: Secret | undefined;
  /** Something was opened: the password is right, so a text that still fails is damaged. */
  #proven = false;

  constructor(password: Secret | undefined) {
    this.#password = password;
  }

  /** A `!vault` value, opened. Throws where it stays closed, with the reason. */
  openValue(text: string): Secret {
    const opened = this.open(text);
    if (opened.kind === 'opened') return new Secret(opened.bytes.toString('utf8'));
    throw new Error(`this value ${opened.reason}`);
  }

  open(text: string): Opened {
    const envelope = readEnvelope(text);
    if (typeof envelope === 'string') return closed(envelope);
    if (!this.#password) return closed('is encrypted: give --vault-password-file or --ask-vault-pass');
    const { salt, checksum, ciphertext } = envelope;
    const keys = pbkdf2Sync(this.#password.reveal(), salt, ITERATIONS, 2 * KEY_BYTES + BLOCK_BYTES, 'sha256');
    const decipher = createDecipheriv('aes-256-ctr', keys.subarray(0, KEY_BYTES), keys.subarray(2 * KEY_BYTES));
    const padded = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
    const bytes = withoutPadding(padded);
    const expected = createHmac('sha256', keys.subarray(KEY_BYTES, 2 * KEY_BYTES))
      .update(ciphertext)
      .digest();
    if (checksum.length === expected.length && timingSafeEqual(checksum, expected)) {
      if (!bytes) return closed('is damaged: its checksum is right, but it does not end as it should');
      this.#proven = true;
      return { kind: 'opened', bytes };
    }
    // Without an end that fits, the last block may be what was changed: the blocks before it decide.
    const fits = this.#proven || looksLikeText(bytes ?? padded.subarray(0, -BLOCK_BYTES));
    return closed(
      fits ? 'is damaged: the vault password fits, but the text was changed' : 'needs another vault password',
    );
  }
}

interface Envelope {
  readonly salt: Buffer;
  readonly checksum: Buffer;
  readonly ciphertext: Buffer;
}

/** The header line, and below it hexadecimal digits of: salt, checksum and content, hexadecimal again. */
function readEnvelope(text: string): Envelope | string {
  const [header = '', ...body] = text.trim().split(/\r\n|[\n\r]/);
  const [, version = '', cipher = ''] = header.split(';').map((part) => part.trim());
  if (version !== '1.1' && version !== '1.2') {
    return `has vault format "${version}": 1.1 and 1.2 can be opened (ansible-vault rekey writes the newest)`;
  }
  if (cipher !== 'AES256') return `is encrypted with "${cipher}": only AES256 can be opened`;
  const inner = fromHexadecimal(body.map((line) => line.trim()).join(''));
  const [salt, checksum, ciphertext, ...rest] = (inner?.toString('latin1') ?? '').split('\n').map(fromHexadecimal);
  if (!salt || !checksum || !ciphertext || rest.length > 0)
    return 'is damaged: it is not the hexadecimal text of a vault';
  if (checksum.length !== KEY_BYTES || ciphertext.length === 0 || ciphertext.length % BLOCK_BYTES !== 0) {
    return 'is damaged: a part of it is missing';
  }
  return { salt, checksum, ciphertext };
}

function fromHexadecimal(text: string): Buffer | undefined {
  return /^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : undefined;
}

/** PKCS#7: the last byte says how many of the same stand at the end. */
function withoutPadding(bytes: Buffer): Buffer | undefined {
  const count = bytes.at(-1) ?? 0;
  const padding = bytes.subarray(bytes.length - count);
  if (count < 1 || count > BLOCK_BYTES || padding.some((byte) => byte !== count)) return undefined;
  return bytes.subarray(0, bytes.length - count);
}

/** Mostly printable ASCII or bytes of UTF-8 in order: noise of any length has it once in thousands. */
function looksLikeText(bytes: Buffer): boolean {
  const text = bytes.toString('utf8');
  const odd = text.match(/[^\t\n\r -~\u00a0-\ufffc]/g)?.length ?? 0;
  return text !== '' && odd <= text.length / 5;
}

function closed(reason: string): Opened {
  return { kind: 'closed', reason };
}
