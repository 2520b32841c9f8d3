import { styleText } from 'node:util';
import type { Action } from '../shield/verdict.js';
import type { Io } from './io.js';

/** Rows that are held to find the widths of their columns; later rows keep them or widen them (our own choice). */
const ROWS_PER_BLOCK = 100;

/** How an action looks on a terminal. */
const ACTION_STYLES = { block: ['red', 'bold'], hold: ['yellow'], allow: ['green'] } as const;

/** One row: the action, then the other cells as text that is safe to print. */
export interface Row {
  readonly action: Action;
  readonly cells: readonly string[];
}

/** Columns that line up, written block by block so that memory does not grow with the rows. */
export class Table {
  readonly #io: Io;
  readonly #headings: readonly string[];
  readonly #beforeWrite: () => void;
  readonly #widths: number[];
  #rows: Row[] = [];
  #begun = false;

  /**
   * @param headings The first is that of the action.
   * @param beforeWrite Clears the line for what is written.
   */
  constructor(io: Io, headings: readonly string[], beforeWrite: () => void) {
    this.#beforeWrite = beforeWrite;
    this.#io = io;
    this.#headings = headings;
    this.#widths = headings.map(displayWidth);
  }

  async add(row: Row): Promise<void> {
    this.#rows.push(row);
    if (this.#rows.length >= ROWS_PER_BLOCK) await this.flush();
  }

  /** Writes the rows that are held. */
  async flush(): Promise<void> {
    for (const { action, cells } of this.#rows)
      for (const [i, cell] of [action, ...cells].entries()) this.#widths[i] = Math.max(this.#widths[i] ?? 0, displayWidth(cell));
    let text = '';
    if (!this.#begun && this.#rows.length > 0) text += `${this.#style(['dim'], this.#line(this.#headings))}\n`;
    for (const { action, cells } of this.#rows) {
      const line = this.#line([action, ...cells]);
      text += `${this.#style(ACTION_STYLES[action], line.slice(0, action.length))}${line.slice(action.length)}\n`;
    }
    this.#begun ||= this.#rows.length > 0;
    this.#rows = [];
    if (text === '') return;
    this.#beforeWrite();
    await this.#io.out(text);
  }

  #line(cells: readonly string[]): string {
    return cells
      .map((cell, i) => (i === cells.length - 1 ? cell : cell + ' '.repeat((this.#widths[i] as number) - displayWidth(cell))))
      .join('  ');
  }

  #style(style: readonly Style[], text: string): string {
    return this.#io.colour ? style.reduce((styled, format) => styleText(format, styled, { validateStream: false }), text) : text;
  }
}

type Style = 'red' | 'bold' | 'yellow' | 'green' | 'dim';

/** Columns that a text takes on a terminal: two for an East Asian wide character (Unicode TR 11) or an emoji, none for a combining mark. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{M}|\u200d/u.test(character)) continue;
    width +=
      /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}
