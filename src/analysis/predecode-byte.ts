/** The bytes that headers of logs are recognised by. */
export const blank = 0x20;
export const colon = 0x3a;
export const hyphen = 0x2d;
export const dot = 0x2e;
export const slash = 0x2f;
export const comma = 0x2c;
export const openBracket = 0x5b;
export const closeBracket = 0x5d;
export const bar = 0x7c;
export const letterT = 0x54;
export const one = 0x31;

export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
export const isLower = (code: number): boolean => code >= 0x61 && code <= 0x7a;
export const isAlphanumeric = (code: number): boolean =>
  isDigit(code) || isLower(code) || (code >= 0x41 && code <= 0x5a);
