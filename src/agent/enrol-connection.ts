/** Asks a manager for a key: one request and one reply over TLS (docs/protocol/agent.md section 2). */
import { connect } from "node:tls";
import { isIP } from "node:net";
import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/error.ts";
import type { AgentRegistration } from "../model/agent.ts";
import { readReply, requestText, type WrittenRequest } from "../wire/enrolment.ts";
import { EnrolmentFailed } from "./errors.ts";
import type { Manager } from "./options.ts";

export interface EnrolmentTls {
  /** Whoever signed the manager's certificate; without it the certificate is not checked. */
  readonly ca: Buffer | undefined;
  readonly certificate: Buffer | undefined;
  readonly key: Buffer | undefined;
}

const answerMsMax = 20_000;
/** A reply has four fields of at most 128 bytes. */
const replyBytesMax = 4_096;

/** Rejects with `EnrolmentFailed`. */
export function askForKey(
  manager: Manager,
  request: WrittenRequest,
  tls: EnrolmentTls,
  clock: Clock,
): Promise<AgentRegistration> {
  const { host, port } = manager;
  const place = `${host}:${port}`;
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    const { ca, certificate: cert, key } = tls;
    const socket = connect({
      ...{ host, port, minVersion: "TLSv1.2", rejectUnauthorized: ca !== undefined },
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
    });
    const timer = clock.after(answerMsMax, () => fail("it does not answer", true));
    function fail(why: string, retry: boolean): void {
      timer.cancel();
      socket.destroy();
      reject(new EnrolmentFailed(place, why, retry));
    }
    socket.on("secureConnect", () => socket.write(requestText(request)));
    socket.on("data", (piece: Buffer) => {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > replyBytesMax) fail("its answer is too long", false);
    });
    // What has come may be whole all the same: old managers close without a word of TLS.
    let failure = "it closes the connection without an answer: a wrong password, perhaps";
    socket.on("error", (error) => (failure = describeError(error)));
    socket.on("close", () => {
      timer.cancel();
      const reply = readReply(Buffer.concat(pieces).toString("utf8"));
      if (reply.kind === "enrolled") return resolve(reply.registration);
      if (bytes === 0) return fail(failure, true);
      fail(reply.kind === "refused" ? reply.reason : "its answer is none that an agent may take", false);
    });
  });
}
