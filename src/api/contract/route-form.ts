/**
 * What a route of the API is: where it is, what it takes, what it answers, and whether the page may have it.
 *
 * A route is served on the Unix socket of the node. One that is `isPublic` is also served by the page's server, which
 * anybody who can open a connection to the node's loopback address can read: so it is a GET, it changes nothing, and it
 * tells nothing that an ordinary user of the machine must not see. A test lists the routes and where each is served.
 */
import Type, { type TSchema } from "typebox";

export interface Route {
  /** What changes something is a POST, and never public. */
  readonly method: "GET" | "POST";
  /** A part in braces stands for a text of the asker's: `/agents/{id}`. */
  readonly path: string;
  readonly isPublic: boolean;
  readonly summary: string;
  /** The parts of the path that stand in braces; absent where there are none. */
  readonly params?: TSchema;
  readonly query: TSchema;
  /** Undefined for a stream of server-sent events. */
  readonly reply: TSchema | undefined;
}

export const nothing = Type.Object({}, { additionalProperties: false });
