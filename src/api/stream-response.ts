/** What the streams of server-sent events write to. */

/** A reader that is so far behind is let go: it comes back and resumes by id. */
export const STREAM_BYTES_MAX = 4 * 1_024 * 1_024;

/** A response whose head has been written. */
export interface StreamResponse {
  readonly writableEnded: boolean;
  readonly destroyed: boolean;
  /** Bytes that wait to be read at the other end. */
  readonly writableLength: number;
  write(text: string): unknown;
  destroy(): unknown;
  on(event: "close", listener: () => void): unknown;
}

/** Writes `text`, and lets the reader go that has left too much unread. */
export function writeTo(response: StreamResponse, text: string): void {
  if (response.writableEnded || response.destroyed) return;
  response.write(text);
  if (response.writableLength > STREAM_BYTES_MAX) response.destroy();
}
