import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { EgideError } from '../errors.js';
import type { ReferenceRecord, UnitRecord } from './records.js';

/** Everything that decides what a run measures; two runs with the same may share their work. */
export type LogHeader = Readonly<Record<string, string | number | readonly string[]>>;

/**
 * What a run has done so far: one JSON document a line, the first one the header, each line written at once. A run that is killed leaves
 * at most one line that is cut; it is taken away when the run goes on.
 */
export class WorkLog {
  /** Pictures that have been looked at, by id. */
  readonly references: ReadonlyMap<string, ReferenceRecord>;
  /** Ids of the units that are done. */
  readonly unitsDone: ReadonlySet<string>;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #references = new Map<string, ReferenceRecord>();
  readonly #unitsDone = new Set<string>();
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
    this.references = this.#references;
    this.unitsDone = this.#unitsDone;
  }

  /**
   * Begins the log in a folder, or goes on with the one that is there.
   *
   * @throws {EgideError} `INVALID_ARGUMENT` if the one there is of a run with other settings, or no log.
   */
  static async open(folder: string, header: LogHeader): Promise<WorkLog> {
    await mkdir(folder, { recursive: true });
    const path = join(folder, 'run.ndjson');
    const file = await open(path, 'a+');
    try {
      const log = new WorkLog(path, file);
      await cutTornLine(file);
      const { size } = await file.stat();
      if (size === 0) await file.appendFile(`${JSON.stringify({ header })}\n`);
      else await log.#read(header);
      return log;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #read(header: LogHeader): Promise<void> {
    for await (const record of documents(this.#path)) {
      if ('header' in record) checkHeader(this.#path, record['header'] as LogHeader, header);
      else if ('reference' in record) this.#references.set(record['reference'] as string, record as unknown as ReferenceRecord);
      else this.#unitsDone.add(record['unit'] as string);
    }
  }

  async add(record: ReferenceRecord | UnitRecord): Promise<void> {
    const line = `${JSON.stringify(record)}\n`;
    this.#writing = this.#writing.then(() => this.#file.appendFile(line));
    await this.#writing;
    if ('reference' in record) this.#references.set(record.reference, record);
    else this.#unitsDone.add(record.unit);
  }

  /** Every unit that is done, once, read from the file: a long run does not fit into memory. */
  async *units(): AsyncGenerator<UnitRecord> {
    const given = new Set<string>();
    for await (const record of documents(this.#path)) {
      if (!('unit' in record) || given.has(record['unit'] as string)) continue;
      given.add(record['unit'] as string);
      yield record as unknown as UnitRecord;
    }
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }
}

/** Cuts off what follows the last whole line. */
async function cutTornLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  const block = Buffer.alloc(1 << 16);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - block.length);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    const newline = block.subarray(0, bytesRead).lastIndexOf('\n');
    if (newline >= 0) return file.truncate(start + newline + 1);
    end = start;
  }
  return file.truncate(0);
}

async function* documents(path: string): AsyncGenerator<Record<string, unknown>> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    let record: unknown;
    try {
      record = JSON.parse(line);
    } catch (cause) {
      throw new EgideError('INVALID_ARGUMENT', `out: line ${number} of ${path} is damaged: delete the folder it lies in`, { cause });
    }
    if (number === 1 && !(typeof record === 'object' && record !== null && 'header' in record))
      throw new EgideError('INVALID_ARGUMENT', `out: ${path} is not the work of a run: choose another folder`);
    yield record as Record<string, unknown>;
  }
}

function checkHeader(path: string, there: LogHeader, here: LogHeader): void {
  const names = [...new Set([...Object.keys(there), ...Object.keys(here)])];
  const other = names.filter((name) => JSON.stringify(there[name]) !== JSON.stringify(here[name]));
  if (other.length === 0) return;
  const say = (value: unknown) => {
    const text = JSON.stringify(value) ?? 'nothing';
    return text.length > 80 ? `${text.slice(0, 77)}…` : text;
  };
  const differences = other.map((name) => `${name} is ${say(there[name])} there and ${say(here[name])} here`).join('; ');
  throw new EgideError(
    'INVALID_ARGUMENT',
    `out: ${path} belongs to a run with other settings (${differences}): choose another folder, or delete this one's work folder`,
  );
}
