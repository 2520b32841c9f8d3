import { createReadStream } from 'node:fs';
import { type FileHandle, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Egide } from '../egide.js';
import type { SearchableList } from '../list/hash-list.js';
import { ACTIONS, type Policy } from '../shield/policy.js';
import type { RemoteList } from '../shield/remote/remote-service.js';
import type { Action } from '../shield/verdict.js';
import { type Counts, pageEnd, pageStart, type Setting, sectionEnd, sectionStart, sheet } from './report-page.js';
import type { Scanned } from './scan.js';

/** Sternest first: what a person has to look at comes first. */
const SECTIONS: readonly Action[] = [...ACTIONS].reverse();

/** What every report says about how it was made. */
export interface ReportInit {
  readonly policy: Policy;
  readonly lists: readonly SearchableList[];
  /** Services that are asked. */
  readonly remote: readonly RemoteList[];
  readonly egide: Egide;
  readonly version: string;
}

/**
 * One HTML page about a scan, for the people who review it: no script, nothing fetched. Sheets are kept in temporary files by
 * action until the counts are known, so memory does not grow with the number of files.
 */
export class Report {
  readonly #path: string;
  readonly #setting: Setting;
  readonly #folder: string;
  readonly #parts: ReadonlyMap<Action, FileHandle>;
  readonly #counts: Record<Action, number> = { allow: 0, hold: 0, block: 0 };
  #open = true;

  private constructor(path: string, setting: Setting, folder: string, parts: ReadonlyMap<Action, FileHandle>) {
    this.#path = path;
    this.#setting = setting;
    this.#folder = folder;
    this.#parts = parts;
  }

  static async open(path: string, { policy, lists, remote, egide, version }: ReportInit): Promise<Report> {
    // In the folder of the page itself: previews must not be left where others can read, and renaming needs one file system.
    const folder = await mkdtemp(join(dirname(path), `.${basename(path)}.`));
    const parts = new Map<Action, FileHandle>();
    for (const action of SECTIONS) parts.set(action, await open(join(folder, action), 'wx', 0o600));
    const { name, kernel } = egide.backend;
    const setting = {
      policy,
      lists: lists.map((list) => ({ name: list.name, entries: list.entryCount })),
      remote,
      made: new Date(),
      by: `egide ${version}, ${name} backend, ${kernel} kernel`,
    };
    return new Report(path, setting, folder, parts);
  }

  async add(scanned: Scanned): Promise<void> {
    const { action } = scanned.verdict;
    this.#counts[action] += 1;
    await (this.#parts.get(action) as FileHandle).appendFile(sheet(scanned, this.#setting));
  }

  /** Puts the page together; it takes its name only when it is complete. */
  async finish(): Promise<void> {
    const whole = join(this.#folder, 'page.html');
    const page = await open(whole, 'wx', 0o600);
    try {
      await page.appendFile(pageStart(this.#setting, this.#counts as Counts));
      for (const action of SECTIONS) {
        if (this.#counts[action] === 0) continue;
        await page.appendFile(sectionStart(action, this.#counts[action]));
        for await (const chunk of createReadStream(join(this.#folder, action))) await page.appendFile(chunk as Uint8Array);
        await page.appendFile(sectionEnd());
      }
      await page.appendFile(pageEnd(this.#setting));
    } finally {
      await page.close();
    }
    await rename(whole, this.#path);
  }

  /** Removes what is temporary; the finished page stays. */
  async discard(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    for (const part of this.#parts.values()) await part.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
