/** A place in a PCRE2 pattern: what is read from there, and what is said of what cannot be read. */
import { PatternError } from "./pattern.ts";

export class Cursor {
  readonly pattern: string;
  /** Whether the pattern begins with `(*UTF)`, which stands before the place. */
  readonly isUtf: boolean;
  at: number;

  constructor(pattern: string) {
    this.pattern = pattern;
    const verb = /^\(\*UTF8?\)/.exec(pattern)?.[0];
    this.isUtf = verb !== undefined;
    this.at = verb?.length ?? 0;
  }

  get isAtEnd(): boolean {
    return this.at >= this.pattern.length;
  }

  /** The character here; empty at the end. */
  peek(): string {
    return this.pattern.charAt(this.at);
  }

  startsWith(text: string): boolean {
    return this.pattern.startsWith(text, this.at);
  }

  /** Takes what `expression` (sticky) finds here. */
  take(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at;
    const found = expression.exec(this.pattern);
    if (found === null) return undefined;
    this.at += found[0].length;
    return found;
  }

  /** Whether `expression` (sticky) finds something here. */
  isAt(expression: RegExp): boolean {
    expression.lastIndex = this.at;
    return expression.test(this.pattern);
  }

  refusal(reason: string): PatternError {
    return new PatternError(`${reason}, at offset ${this.at} of the PCRE2 pattern ${this.pattern}`);
  }
}
