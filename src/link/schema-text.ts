/**
 * The wire schema of a version as text, for testdata/link-v1/schema.json and its successors: what a reviewer sees when
 * a message changes.
 */
import {
  AGENTS_FRAME_BYTES_MAX,
  BLOB_FRAME_BYTES_MAX,
  CONTROL_FRAME_BYTES_MAX,
  EVENTS_FRAME_BYTES_MAX,
  FRAME_ACK,
  FRAME_PIECE,
  FRAME_RECORD,
} from "./frames.ts";
import { sessionStreams, streamNames } from "./transport.ts";
import { messageSchemas, PROTOCOL_VERSIONS, sessionMessageSchemas } from "./wire.ts";

const versions = {
  1: {
    versions: [1],
    streams: sessionStreams,
    frameBytesMax: { control: CONTROL_FRAME_BYTES_MAX, events: EVENTS_FRAME_BYTES_MAX },
    binaryFrames: { record: FRAME_RECORD, ack: FRAME_ACK },
    messages: sessionMessageSchemas,
  },
  2: {
    versions: PROTOCOL_VERSIONS,
    streams: streamNames,
    frameBytesMax: {
      ...{ control: CONTROL_FRAME_BYTES_MAX, events: EVENTS_FRAME_BYTES_MAX },
      ...{ agents: AGENTS_FRAME_BYTES_MAX, blob: BLOB_FRAME_BYTES_MAX },
    },
    binaryFrames: { record: FRAME_RECORD, ack: FRAME_ACK, piece: FRAME_PIECE },
    messages: messageSchemas,
  },
} as const;

export function schemaText(version: keyof typeof versions): string {
  return `${JSON.stringify(versions[version], null, 2)}\n`;
}
