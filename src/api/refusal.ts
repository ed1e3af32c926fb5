/** What a handler is, and how it says no. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ReplyCode } from "./errors.ts";

export type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

export function refuse(reply: FastifyReply, status: number, code: ReplyCode, message: string): FastifyReply {
  return reply.code(status).send({ error: { code, message } });
}
