/**
 * One connection to the enrolment port: a request, a decision of others, a reply. Pure; bytes and times come from
 * auth-connection.ts.
 *
 *   reading ──a whole request──▶ deciding ──answer──▶ replied
 *      └──no request, too long, silence──▶ replied (with the reason), or nothing where nothing was said
 */
import type { EnrolmentAnswer, EnrolmentRequest } from "../model/agent.ts";
import { ENROLMENT_BYTES_MAX, enrolledReply, readRequest, refusedReply } from "../wire/enrolment.ts";

export type AuthAction =
  | { readonly kind: "read" }
  | { readonly kind: "decide"; readonly request: EnrolmentRequest }
  /** To be written in one piece, and the connection to be ended; nothing is written where it is empty. */
  | { readonly kind: "reply"; readonly text: string; readonly isRefusal: boolean };

const lineFeed = 0x0a;
const goOn: AuthAction = { kind: "read" };

export class AuthSession {
  readonly #source: string;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #isReading = true;

  /** `source`: the address from which it comes. */
  constructor(source: string) {
    this.#source = source;
  }

  push(chunk: Buffer): AuthAction {
    if (!this.#isReading) return goOn; // What follows a request is nothing to us.
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > ENROLMENT_BYTES_MAX) return this.#refuse("Invalid request for new agent");
    // Requests end with a line: until one does, reading it again for each byte would be work that a stranger chooses.
    return chunk.includes(lineFeed) ? this.#read(false) : goOn;
  }

  /** Nothing more comes: the client has ended, or is silent for longer than the network takes. */
  end(): AuthAction {
    if (!this.#isReading) return goOn;
    if (this.#bytes > 0) return this.#read(true);
    this.#isReading = false;
    return { kind: "reply", text: "", isRefusal: true };
  }

  answer(answer: EnrolmentAnswer): AuthAction {
    if (answer.isEnrolled) return { kind: "reply", text: enrolledReply(answer), isRefusal: false };
    return { kind: "reply", text: refusedReply(answer.reason), isRefusal: true };
  }

  #read(isEnded: boolean): AuthAction {
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [bytes];
    const read = readRequest(bytes, isEnded);
    if (read.kind === "unfinished") return goOn;
    if (read.kind === "invalid") return this.#refuse(read.reason);
    this.#close();
    return { kind: "decide", request: { ...read.request, source: this.#source } };
  }

  #refuse(reason: string): AuthAction {
    this.#close();
    return { kind: "reply", text: refusedReply(reason), isRefusal: true };
  }

  #close(): void {
    this.#isReading = false;
    this.#chunks = [];
  }
}
