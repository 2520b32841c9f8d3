import { SaxesParser } from 'saxes';

/** An element with all that stands in it. Names are without their prefix. */
export interface XmlElement {
  readonly name: string;
  /** From 1, where it begins. */
  readonly line: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, without that of its children. */
  readonly text: string;
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

/** What to make of a document as it comes. */
export interface XmlOptions {
  /** Whether an element is wanted whole, given the names from the root to it. What stands in one that is wanted is not asked about. */
  readonly isWanted: (path: readonly string[]) => boolean;
  /** Gets each wanted element when it ends; `path` as before. */
  readonly onElement: (element: XmlElement, path: readonly string[]) => void;
  /** Gets the root, or any other element that is not wanted and not in one that is, when it begins. */
  readonly onOpen?: (path: readonly string[], attributes: Readonly<Record<string, string>>) => void;
  /** Characters that an element, or anything between two tags, may span. */
  readonly maxLength: number;
}

/** Elements that may stand in each other (our own choice; what is read here has eight). */
const MAX_DEPTH = 64;

/** Why a document is not read on; the text has no part of the document in it. Those who get its elements may throw it. */
export class XmlFault extends Error {}

/**
 * Reads XML from pieces of text, and holds one wanted element of it at a time. The first fault ends it: what was handed on before stays. A document
 * type is a fault, so that no entity is ever defined; saxes 6 neither fetches nor expands any but the five of XML.
 */
export class XmlReader {
  /** Why the document is not read on; none so far if absent. */
  fault: string | undefined;
  readonly #options: XmlOptions;
  readonly #parser = new SaxesParser({ xmlns: false, position: true });
  readonly #path: string[] = [];
  readonly #open: OpenElement[] = []; // the wanted element and what is open in it
  #eventAt = 0; // characters before the last tag
  #beganAt = 0; // characters before the wanted element
  #tagLine = 1;
  #closed = false;

  constructor(options: XmlOptions) {
    this.#options = options;
    this.#parser.on('xmldecl', ({ encoding }) => {
      if (encoding !== undefined && !/^(utf-?8|us-ascii)$/i.test(encoding)) throw new XmlFault('is in an encoding other than UTF-8');
    });
    this.#parser.on('doctype', () => {
      throw new XmlFault('has a document type (<!DOCTYPE>), which no list needs');
    });
    this.#parser.on('opentagstart', () => {
      this.#tagLine = this.#parser.line;
    });
    this.#parser.on('opentag', ({ name, attributes }) => this.#begin(localName(name), attributes));
    this.#parser.on('closetag', () => this.#end());
    const addText = (text: string): void => {
      const element = this.#open.at(-1);
      if (element) element.text += text;
    };
    this.#parser.on('text', addText);
    this.#parser.on('cdata', addText);
  }

  push(text: string): void {
    if (this.fault !== undefined) return;
    this.#guard(() => {
      this.#parser.write(text);
      if (this.#parser.position - this.#eventAt > this.#options.maxLength) this.#tooLong();
    });
  }

  /** Nothing follows. Returns {@link fault}. */
  end(): string | undefined {
    if (this.fault === undefined && !this.#closed) this.fault = 'ends before its root element does: it was cut short';
    if (this.fault === undefined) this.#guard(() => this.#parser.close());
    return this.fault;
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      // The messages of saxes quote names of the document, and those can be anything.
      const what = error instanceof XmlFault ? error.message : 'is not well-formed XML';
      if (!(error instanceof XmlFault) && !isSaxesError(error)) throw error;
      this.fault = `${what} (line ${this.#parser.line})`;
    }
  }

  #begin(name: string, attributes: Readonly<Record<string, string>>): void {
    if (this.#path.length >= MAX_DEPTH) throw new XmlFault(`has more than ${MAX_DEPTH} elements in each other`);
    this.#eventAt = this.#parser.position;
    this.#path.push(name);
    const parent = this.#open.at(-1);
    if (!parent && !this.#options.isWanted(this.#path)) {
      this.#options.onOpen?.(this.#path, attributes);
      return;
    }
    if (!parent) this.#beganAt = this.#parser.position;
    const element = { name, line: this.#tagLine, attributes: { ...attributes }, children: [], text: '' };
    parent?.children.push(element);
    this.#open.push(element);
  }

  #end(): void {
    this.#eventAt = this.#parser.position;
    if (this.#open.length > 0 && this.#eventAt - this.#beganAt > this.#options.maxLength) this.#tooLong();
    const element = this.#open.pop();
    if (element && this.#open.length === 0) this.#options.onElement(element, this.#path);
    this.#path.pop();
    if (this.#path.length === 0) this.#closed = true;
  }

  #tooLong(): never {
    throw new XmlFault(`has an element or a text of more than ${this.#options.maxLength} characters`);
  }
}

/** What saxes throws by itself: a plain Error whose message begins with line and column. */
function isSaxesError(error: unknown): boolean {
  return error instanceof Error && /^\d+:\d+: /.test(error.message);
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** The first child of this name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** The children of this name. */
export function childrenOf(element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/**
 * A whole small document as its root element, or why it is none.
 *
 * @param maxLength Characters that it may have.
 */
export function parseXml(text: string, maxLength: number): { readonly root: XmlElement } | { readonly fault: string } {
  let root: XmlElement | undefined;
  const onElement = (element: XmlElement): void => {
    root = element;
  };
  const reader = new XmlReader({ isWanted: () => true, onElement, maxLength });
  reader.push(text);
  const fault = reader.end();
  return root && fault === undefined ? { root } : { fault: fault ?? 'has no element' };
}
