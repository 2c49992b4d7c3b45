/** Bytes of the SSH protocol (RFC 4251 5), and the messages of its connection layer (RFC 4254) that a client needs. */
export const MESSAGE = {
  requestSuccess: 81,
  requestFailure: 82,
  channelOpen: 90,
  channelOpenConfirmation: 91,
  channelOpenFailure: 92,
  channelWindowAdjust: 93,
  channelData: 94,
  channelExtendedData: 95,
  channelEof: 96,
  channelClose: 97,
  channelRequest: 98,
  channelSuccess: 99,
  channelFailure: 100,
} as const;

export function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function text(value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

export function flag(value: boolean): Buffer {
  return Buffer.from([value ? 1 : 0]);
}

/** Reads a packet from its front; anything cut short throws a RangeError. */
export class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  uint32(): number {
    const value = this.#bytes.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  byte(): number {
    const value = this.#bytes.readUInt8(this.#at);
    this.#at += 1;
    return value;
  }

  bytes(): Buffer {
    const length = this.uint32();
    if (this.#at + length > this.#bytes.length) throw new RangeError('a string is longer than its packet');
    const value = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return value;
  }

  text(): string {
    return this.bytes().toString('utf8');
  }
}

/** A packet can hold 32 KiB of data and some words around it; more than this is no packet. */
const LONGEST = 256 * 1024;

/** Cuts a stream into packets, each with its length before it. Throws a RangeError where one cannot be. */
export class Packets {
  #parts: Buffer[] = [];
  #size = 0;

  *feed(chunk: Buffer): Iterable<Buffer> {
    this.#parts.push(chunk);
    this.#size += chunk.length;
    for (;;) {
      if (this.#size < 4) return;
      let head = this.#parts[0] ?? chunk;
      if (head.length < 4) head = this.#join();
      const length = head.readUInt32BE(0);
      if (length > LONGEST) throw new RangeError(`a packet of ${length} bytes`);
      if (this.#size < 4 + length) return;
      const all = head.length < 4 + length ? this.#join() : head;
      const rest = all.subarray(4 + length);
      if (rest.length > 0) this.#parts[0] = rest;
      else this.#parts.shift();
      this.#size -= 4 + length;
      yield all.subarray(4, 4 + length);
    }
  }

  #join(): Buffer {
    const all = Buffer.concat(this.#parts);
    this.#parts = [all];
    return all;
  }
}
