/** A text that must never reach a log, a page or a message: whoever prints it by mistake prints a placeholder. */
const placeholder = "(secret)";

export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself, for the one place that needs it. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return placeholder;
  }

  toJSON(): string {
    return placeholder;
  }

  // What console and util.inspect show. The symbol is registered, so that `node:util` is not needed for it.
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return placeholder;
  }
}
