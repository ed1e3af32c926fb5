/**
 * What a decoder cuts from a log is, to the runtime, a view that keeps the whole log alive, and so may be a text that
 * was put together from such views: a key of twenty bytes then holds 64 KiB. Whatever outlives the event is copied.
 */

const beyondLatin1 = /[^\u0000-\u00ff]/;

/** An equal string that shares no memory with `text`. It costs a microsecond: for what is kept, not for each event. */
export function ownCopy(text: string): string {
  // A byte string needs one byte a character; a path or an agent's name may be any text.
  const encoding = beyondLatin1.test(text) ? "utf16le" : "latin1";
  return Buffer.from(text, encoding).toString(encoding);
}
