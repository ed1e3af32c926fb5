/** Sets of bytes as PCRE2 knows them, as members of a class of a JavaScript regular expression without flags. */

/** The members of `\d`, `\w`, `\s`, `\h` and `\v`. */
export const classSources: Readonly<Record<string, string>> = {
  d: "0-9",
  w: "0-9A-Z_a-z",
  s: "\\t-\\r ",
  h: "\\t \\xa0",
  v: "\\n-\\r\\x85",
};
export const posixSources: Readonly<Record<string, string>> = {
  alpha: "A-Za-z",
  digit: "0-9",
  alnum: "0-9A-Za-z",
  upper: "A-Z",
  lower: "a-z",
  space: "\\t-\\r ",
  blank: "\\t ",
  punct: "!-\\/:-@\\[-`\\{-~",
  xdigit: "0-9A-Fa-f",
  word: "0-9A-Z_a-z",
  cntrl: "\\x00-\\x1f\\x7f",
  print: " -~",
  graph: "!-~",
  ascii: "\\x00-\\x7f",
};

/** Each case with the distance to the other. */
export const letterRanges = [
  [0x41, 0x5a, 0x20],
  [0x61, 0x7a, -0x20],
] as const;

export function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

function hexCode(code: number): string {
  return `\\x${code.toString(16).padStart(2, "0")}`;
}

function isPlain(code: number): boolean {
  return isLetter(code) || (code >= 0x30 && code <= 0x39) || code === 0x20 || code === 0x5f;
}

export function escapeCode(code: number): string {
  return isPlain(code) ? String.fromCharCode(code) : hexCode(code);
}

/** The ranges of all other bytes. */
export function complementOf(set: string): string {
  const member = new RegExp(`[${set}]`);
  let source = "";
  let begin = -1;
  for (let code = 0; code <= 0x100; code += 1) {
    const isOutside = code < 0x100 && !member.test(String.fromCharCode(code));
    if (isOutside && begin < 0) begin = code;
    if (!isOutside && begin >= 0) {
      source += `${hexCode(begin)}-${hexCode(code - 1)}`;
      begin = -1;
    }
  }
  return source;
}
