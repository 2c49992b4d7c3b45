/**
 * A value that must not be seen: passwords and what came out of a vault. Prints as `***` everywhere; `reveal()` is
 * called where the secret is handed to a host's standard input or to the transport's authentication, nowhere else.
 */
export class Secret {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
    Object.freeze(this);
  }
  reveal(): string {
    return this.#text;
  }
  toString(): string {
    return '***';
  }
  toJSON(): string {
    return '***';
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '***';
  }
}
