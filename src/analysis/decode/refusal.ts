import type { Place } from "../../syntax/xml.ts";

/** Stops the loading of one decoder. */
export class Refusal extends Error {
  readonly place: Place;
  constructor(place: Place, message: string) {
    super(message);
    this.place = place;
  }
}
