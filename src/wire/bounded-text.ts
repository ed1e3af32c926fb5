/** Text of agents: UTF-8 whatever the bytes were, and never longer than what may be kept of it. */

/** As much of the text as fits into so many bytes of UTF-8, cut between characters. */
export function cutToBytes(text: string, bytesMax: number): string {
  // A code unit is at most three bytes, so nearly every text is known to fit without being encoded.
  if (text.length * 3 <= bytesMax) return text;
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= bytesMax) return text;
  let end = bytesMax;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}
