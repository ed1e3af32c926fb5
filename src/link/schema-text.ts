/** The wire schema as text, for testdata/link-v1/schema.json: what a reviewer sees when a message changes. */
import { CONTROL_FRAME_BYTES_MAX, EVENTS_FRAME_BYTES_MAX, FRAME_ACK, FRAME_RECORD } from "./frames.ts";
import { streamNames } from "./transport.ts";
import { messageSchemas, PROTOCOL_VERSIONS } from "./wire.ts";

export function schemaText(): string {
  const schema = {
    versions: PROTOCOL_VERSIONS,
    streams: streamNames,
    frameBytesMax: { control: CONTROL_FRAME_BYTES_MAX, events: EVENTS_FRAME_BYTES_MAX },
    binaryFrames: { record: FRAME_RECORD, ack: FRAME_ACK },
    messages: messageSchemas,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
