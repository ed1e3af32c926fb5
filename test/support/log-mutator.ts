/** Logs that no program writes: those of a corpus, changed step by step, from a seed that replays them. */
import type { SeededRandom } from "./seeded-random.ts";

/** The first byte of a queue message, and the log. Byte strings. */
export interface QueuedLog {
  queue: string;
  log: string;
}

/** As long as intake lets a log be. */
export const LOG_BYTES_MAX = 65_536;

const queues = "1123589defpux";

/** What readers of logs stumble over: their delimiters, half of them, extremes, and words that some of them know. */
const tokens: readonly string[] = [
  ...['"', "\\", "{", "}", "[", "]", ",", ":", "(", ")", ") p", ": ", " > ", "=", "|", "'", "!", "#", "-", "/", "../"],
  ..."\0 \t \n \r\n \u001b[2J \u007f \u00ff \u00c3\u00a9 \u00c3 \u00ed\u00a0\u0080".split(" "),
  ...[
    "\\u0000",
    "\\ud83d",
    "\\ude00",
    "\\q",
    '":',
    '":{"',
    '"__proto__":',
    '"constructor":{',
    "null",
    "true",
    "[[",
    "]]",
  ],
  ...["0", "-0", "-1", "1e400", "-1e400", "99999999999999999999", "0x7fffffff", "1.5e-9", "NaN", "4294967296"],
  ...["<", ">", "</", "/>", "<![CDATA[", "]]>", "<!--", "&lt;", "&#0;", "&#x110000;", "<Data Name='", "<EventData>"],
  ...["; Location: ", "Rule: 5715 - ", "ossec: Alert Level: 3; ", " srcip: ", " user: ", ";  "],
  ...[
    "3=",
    ",10=",
    "conn=1 ",
    " pri=1 c=32 m=97 ",
    " proto=",
    "src=192.0.2.7:1:",
    " dst=192.0.2.9:2:",
    "pass ",
    "%n%s",
  ],
  ...["$(srcip)", "$(", "GET / HTTP/1.1", " - - ", "Nov 25 10:00:01 web sshd[7]: ", "[7]: ", "from 192.0.2.7 port 22"],
];

export class LogMutator {
  readonly #random: SeededRandom;
  readonly #corpus: readonly QueuedLog[];

  /** The corpus holds at least one log. */
  constructor(random: SeededRandom, corpus: readonly QueuedLog[]) {
    this.#random = random;
    this.#corpus = corpus;
  }

  /** One log of the corpus in sixteen is as it was, so that what depends on whole logs happens too. */
  next(): QueuedLog {
    const random = this.#random;
    const { queue, log } = this.#pick();
    let text = log;
    if (!random.oneIn(16)) for (let left = 1 + random.below(4); left > 0; left -= 1) text = this.#change(text);
    return {
      queue: random.oneIn(24) ? queues.charAt(random.below(queues.length)) : queue,
      log: text.slice(0, LOG_BYTES_MAX),
    };
  }

  #pick(): QueuedLog {
    return this.#corpus[this.#random.below(this.#corpus.length)] ?? { queue: "1", log: "" };
  }

  #change(text: string): string {
    const random = this.#random;
    const at = random.below(text.length + 1);
    const end = Math.min(text.length, at + 1 + random.below(random.oneIn(4) ? text.length + 1 : 12));
    const [head, part, tail] = [text.slice(0, at), text.slice(at, end), text.slice(end)];
    switch (random.below(9)) {
      case 0:
        return head + String.fromCharCode(random.below(256)) + text.slice(at + 1);
      case 1:
        return head + tail;
      case 2:
        return head + part + part + tail;
      case 3:
        return head + (tokens[random.below(tokens.length)] ?? "") + text.slice(at);
      case 4:
        return head + (tokens[random.below(tokens.length)] ?? "") + tail;
      case 5:
        return head + this.#tailOfAnother();
      case 6:
        return head + part.repeat(this.#times(part)) + tail;
      case 7:
        return text.replace(/\d+/g, (digits) =>
          random.oneIn(4) ? (tokens[random.below(tokens.length)] ?? "") : digits,
        );
      default:
        return tail + part + head;
    }
  }

  #tailOfAnother(): string {
    const { log } = this.#pick();
    return log.slice(this.#random.below(log.length + 1));
  }

  /** So often that a log of some size comes out, seldom one as long as any may be. */
  #times(part: string): number {
    const bytes = this.#random.oneIn(32) ? LOG_BYTES_MAX : 16 << this.#random.below(7);
    return Math.max(2, Math.floor(bytes / Math.max(1, part.length)));
  }
}
