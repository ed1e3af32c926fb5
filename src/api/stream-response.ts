/** What the streams of server-sent events write to. */

/** A reader of the page's stream that is so far behind is let go: it comes back and resumes by id. */
export const STREAM_BYTES_MAX = 4 * 1_024 * 1_024;
/** What all readers of the page's stream together may leave unread: each of them its opening, which has 1 MiB. */
export const STREAMS_BYTES_MAX = 32 * 1_024 * 1_024;

/** A response whose head has been written. */
export interface StreamResponse {
  readonly writableEnded: boolean;
  readonly destroyed: boolean;
  /** Bytes that wait to be read at the other end. */
  readonly writableLength: number;
  write(text: string): unknown;
  destroy(): unknown;
  /** `drain`: what was written has been taken, after some had to wait. */
  on(event: "close" | "drain", listener: () => void): unknown;
}

export const isWritable = ({ writableEnded, destroyed }: StreamResponse): boolean => !writableEnded && !destroyed;

/** Writes `text`, and lets the reader go that has left too much unread. */
export function writeTo(response: StreamResponse, text: string): void {
  if (!isWritable(response)) return;
  response.write(text);
  if (response.writableLength > STREAM_BYTES_MAX) response.destroy();
}

/** Lets readers go until the others leave no more than `bytesMax` unread, those that read the least first. */
export function boundUnread(responses: Iterable<StreamResponse>, bytesMax = STREAMS_BYTES_MAX): void {
  const open = [...responses].filter(isWritable).sort((a, b) => b.writableLength - a.writableLength);
  let bytes = open.reduce((sum, { writableLength }) => sum + writableLength, 0);
  for (const response of open) {
    if (bytes <= bytesMax) return;
    bytes -= response.writableLength;
    response.destroy();
  }
}
