/** Server-sent events: how our server writes one, and a reader of them from pieces of text of any size. */

export interface StreamEvent {
  /** The last id that was given; empty before the first. */
  id: string;
  /** `message` where none is named. */
  name: string;
  data: string;
}

/** Longest event; an alert with two full logs of 64 KiB, every byte escaped, stays below. */
const eventLengthMax = 4 * 1_024 * 1_024;

/**
 * One event as text. `data` is JSON, in which an end of line can only be a blank between two words; one would end the
 * field, so it is written as a space.
 */
export function eventText(name: string, data: string, id?: string): string {
  const line = /[\r\n]/.test(data) ? data.replace(/[\r\n]/g, " ") : data;
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${line}\n\n`;
}

export class EventStreamReader {
  #rest = "";
  #id = "";
  #name = "";
  #data: string[] = [];
  #dataLength = 0;

  /** The events that `text` completes. Returns undefined for an event beyond the limit, after which nothing is read. */
  read(text: string): StreamEvent[] | undefined {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    const events: StreamEvent[] = [];
    for (const line of lines) this.#take(line.endsWith("\r") ? line.slice(0, -1) : line, events);
    return this.#rest.length + this.#dataLength > eventLengthMax ? undefined : events;
  }

  #take(line: string, events: StreamEvent[]): void {
    if (line === "") {
      if (this.#data.length > 0) {
        events.push({ id: this.#id, name: this.#name === "" ? "message" : this.#name, data: this.#data.join("\n") });
      }
      this.#data = [];
      this.#dataLength = 0;
      this.#name = "";
      return;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "id") this.#id = value;
    else if (field === "event") this.#name = value;
    else if (field === "data") {
      this.#data.push(value);
      this.#dataLength += value.length;
    }
  }
}
