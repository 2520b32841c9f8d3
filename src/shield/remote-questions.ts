import type { PdqMode } from '../backend.js';
import { EgideError } from '../errors.js';
import { hashToHex } from '../hash/encoding.js';
import { mediaTypeOf } from '../image/sniff.js';
import { type HashedView, isUsable, keyOf } from './near-matches.js';
import type { ListRules } from './policy.js';
import { withDeadline } from './remote/deadline.js';
import type { RemoteFinding, RemoteList } from './remote/remote-service.js';
import type { TimeBudget } from './time-budget.js';
import { type Action, MAX_MATCHES, type Problem, type RemoteMatch } from './verdict.js';

/** A service that is asked, and the policy's rules for it. */
export interface SearchedService {
  readonly list: { readonly name: string };
  readonly remote: RemoteList;
  readonly rules: ListRules;
}

/** What a service is asked about. */
export interface RemoteAsking {
  /** Absent if pixels were given, or the file could not be read. */
  readonly bytes: Uint8Array | undefined;
  /** Something blocks the upload already. */
  readonly blocked: boolean;
  /** What the scan has left. */
  readonly time: TimeBudget;
  readonly signal: AbortSignal | undefined;
}

/** A hash to send, and of what it is. */
interface Question extends Pick<RemoteMatch, 'frame' | 'view'> {
  readonly hash: Uint8Array;
  readonly mode: PdqMode;
  readonly quality: number;
}

/** What the services of a shield are asked about one upload, and what they answer. */
export class RemoteQuestions {
  readonly #services: readonly SearchedService[];
  /** By mode and hex: frames of an animation repeat. */
  readonly #questions = new Map<string, Question>();
  readonly #matches = new Map<string, RemoteMatch>();
  readonly #asked: { name: string; host: string; sent: 'pdq' | 'media'; answered: boolean }[] = [];
  readonly #problems: Problem[] = [];

  constructor(services: readonly SearchedService[]) {
    this.#services = services;
  }

  /**
   * Notes the hashes of one frame, of the picture as it lies.
   *
   * @returns The least quality asked for by a service that none of the views is good enough for; `undefined` if there is none such.
   */
  take(views: readonly HashedView[]): number | undefined {
    let wanted: number | undefined;
    for (const { remote, rules } of this.#services) {
      if (remote.send !== 'pdq') continue;
      const usable = views.filter(({ hashed }) => hashed.mode === rules.pdqMode && isUsable(hashed, rules.pdqMinQuality));
      if (usable.length === 0) wanted = Math.min(wanted ?? 100, rules.pdqMinQuality);
      for (const { view, frame, hashed } of usable) {
        const { mode, quality } = hashed;
        const hash = hashed.turned[0] as Uint8Array;
        const key = `${mode} ${hashToHex(hash)}`;
        if (!this.#questions.has(key)) this.#questions.set(key, { hash, mode, quality, frame, view });
      }
    }
    return wanted;
  }

  /** Asks all that are to be asked, at once. Returns what failed. */
  async ask(asking: RemoteAsking): Promise<readonly Problem[]> {
    const due = this.#due(asking);
    if (due.length > 0 && asking.time.isUp) asking.time.leave('services', due.length);
    else await Promise.all(due.map((service) => this.#askOne(service, asking)));
    return this.#problems;
  }

  /** The strongest of each entry: exact ones first, then by distance; of each service {@link MAX_MATCHES} at most. */
  sorted(): RemoteMatch[] {
    const all = [...this.#matches.values()].sort(byStrength);
    return this.#services.flatMap(({ list }) => all.filter(({ entry }) => entry.list === list.name).slice(0, MAX_MATCHES));
  }

  /** What was sent to whom, whatever came of it. */
  get asked(): readonly { readonly name: string; readonly host: string; readonly sent: 'pdq' | 'media'; readonly answered: boolean }[] {
    return this.#asked;
  }

  /** Names of services that are sent hashes, and for which no frame had one that was good enough. */
  get unasked(): string[] {
    return this.#services
      .filter(({ remote, rules }) => remote.send === 'pdq' && this.#questionsFor(rules).length === 0)
      .map(({ list }) => list.name);
  }

  #questionsFor({ pdqMode, pdqMinQuality }: ListRules): Question[] {
    return [...this.#questions.values()].filter(({ mode, quality }) => mode === pdqMode && quality >= pdqMinQuality);
  }

  #due({ bytes, blocked }: RemoteAsking): SearchedService[] {
    return this.#services.filter(({ remote: { send, when }, rules }) => {
      if (blocked && when !== 'always') return false;
      return send === 'media' ? bytes !== undefined : this.#questionsFor(rules).length > 0;
    });
  }

  async #askOne({ list, remote, rules }: SearchedService, { bytes, time, signal }: RemoteAsking): Promise<void> {
    const { service, send } = remote;
    const questions = send === 'pdq' ? this.#questionsFor(rules) : [];
    const lookUp = (stop: AbortSignal | undefined): Promise<readonly RemoteFinding[]> => {
      const how = stop ? { signal: stop } : {};
      if (send === 'pdq')
        return service.lookUpPdq(
          questions.map(({ hash }) => hash),
          how,
        );
      const file = bytes as Uint8Array;
      return service.lookUpMedia(file, mediaTypeOf(file), how);
    };
    const note = { name: list.name, host: service.host, sent: send, answered: false };
    this.#asked.push(note);
    try {
      const { leftMs } = time;
      const late = new EgideError('EXCHANGE_FAILED', `no answer in the ${Math.ceil(leftMs ?? 0)} ms that the scan had left`);
      const findings = await (leftMs === undefined ? lookUp(signal) : withDeadline(leftMs, late, signal, lookUp));
      note.answered = true;
      for (const finding of findings) this.#keep(finding, list.name, rules, send, questions[finding.query ?? 0]);
    } catch (error) {
      signal?.throwIfAborted();
      if (!isExchangeFailed(error)) throw error;
      this.#problems.push({ code: 'EXCHANGE_FAILED', message: `${list.name}: ${error.message}`, service: list.name });
    }
  }

  #keep(finding: RemoteFinding, list: string, rules: ListRules, sent: 'pdq' | 'media', question: Question | undefined): void {
    const { matchType, classification, id = classification, distance, details = [] } = finding;
    const match: RemoteMatch = {
      kind: 'remote',
      signal: 'remote',
      sent,
      entry: { id, list, category: classification },
      action: actionFor(finding, rules),
      matchType,
      ...(distance !== undefined && { distance }),
      ...(question && { frame: question.frame, view: question.view }),
      details,
    };
    const key = keyOf(match.entry);
    const known = this.#matches.get(key);
    if (!known || byStrength(match, known) < 0) this.#matches.set(key, match);
  }
}

/** Told by its code: the client of a service may come from another copy of this package than the shield, as bundlers make them. */
function isExchangeFailed(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'EXCHANGE_FAILED';
}

/** The policy's action for this class; for one that neither the client nor the policy knows, `hold`; else what it says of exact and near matches. */
function actionFor({ classification, isKnown, matchType }: RemoteFinding, { classifications, exact, near }: ListRules): Action {
  if (Object.hasOwn(classifications, classification)) return classifications[classification] as Action;
  if (!isKnown) return 'hold';
  return matchType === 'exact' ? exact : near;
}

function byStrength(a: RemoteMatch, b: RemoteMatch): number {
  return Number(b.matchType === 'exact') - Number(a.matchType === 'exact') || (a.distance ?? 0) - (b.distance ?? 0);
}
