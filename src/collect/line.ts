/** What of a line of a followed file is the log. */

const nul = 0x00;
const cr = 0x0d;

/** A view of `bytes` without the NULs before it. */
export function withoutLeadingNuls(bytes: Buffer): Buffer {
  if (bytes[0] !== nul) return bytes;
  let start = 1;
  while (start < bytes.length && bytes[start] === nul) start += 1;
  return bytes.subarray(start);
}

/**
 * A view of `line` (without its LF) without one CR behind it and without NULs before it: a program that does not open
 * its log for appending writes behind a hole of NULs after the file was truncated under it. All other bytes stay as
 * they are; an empty result is a blank line, which is passed over.
 */
export function logOfLine(line: Buffer): Buffer {
  const text = withoutLeadingNuls(line);
  return text.length > 0 && text[text.length - 1] === cr ? text.subarray(0, -1) : text;
}
