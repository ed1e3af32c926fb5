/** A tunnel to a port of this machine, as `ssh -L` makes one, that a test can cut and mend. */
import { connect, createServer, type Server, type Socket } from "node:net";

export class Tunnel {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(target: number) {
    this.#server = createServer((near) => {
      if (this.#isCut) {
        near.destroy();
        return;
      }
      const far = connect({ host: "127.0.0.1", port: target });
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.pipe(to);
        from.once("error", () => to.destroy());
        from.once("close", () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
    });
  }

  static async open(port: number, target: number): Promise<Tunnel> {
    const tunnel = new Tunnel(target);
    await new Promise<void>((resolve, reject) => {
      tunnel.#server.once("error", reject).listen({ host: "127.0.0.1", port }, resolve);
    });
    return tunnel;
  }

  /** Ends what goes through it, and lets nothing through until it is mended. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
