/** What of a syslog message is the log (ruleset-spec 1.1): without its line's end and without its priority. */

const lessThan = 0x3c;
const greaterThan = 0x3e;
const nul = 0x00;
const lf = 0x0a;
const cr = 0x0d;

/**
 * A view of `message` without what senders put behind it (NULs, one LF, one CR before that, NULs before those) and
 * without one leading `<…>` block, which is anything up to the first `>`. NULs in the middle stay: the bytes are
 * evidence.
 */
export function logOfMessage(message: Buffer): Buffer {
  let end = message.length;
  while (end > 0 && message[end - 1] === nul) end -= 1;
  if (end > 0 && message[end - 1] === lf) end -= 1;
  if (end > 0 && message[end - 1] === cr) end -= 1;
  while (end > 0 && message[end - 1] === nul) end -= 1;
  let start = 0;
  if (message[0] === lessThan) {
    const close = message.indexOf(greaterThan, 1);
    if (close > 0 && close < end) start = close + 1;
  }
  return message.subarray(start, end);
}
