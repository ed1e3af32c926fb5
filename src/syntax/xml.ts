export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}
export interface XmlAttribute {
  readonly name: string;
  readonly value: string;
  readonly place: Place;
}
export interface XmlElement {
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  readonly content: string;
  readonly place: Place;
}
