import { checkedTexts, type ExchangeField, NAME_AND_PASSWORD, type Texts } from '../list/exchanges/registry.js';
import { arachnidShield } from '../shield/remote/arachnid.js';
import { hmaLookup } from '../shield/remote/hma.js';
import type { RemoteList, RemoteService } from '../shield/remote/remote-service.js';
import type { Verdict } from '../shield/verdict.js';
import type { Given, Options } from './command.js';
import { printable, UsageError } from './io.js';
import { credentialsOf, settingOf, variablesOf } from './list-exchange.js';

/** A kind of service that a scan can ask, with what a person has to say to use it. */
interface RemoteKind {
  readonly kind: string;
  /** For people. */
  readonly title: string;
  readonly settings: readonly ExchangeField[];
  /** Taken from the environment alone. */
  readonly credentials: readonly ExchangeField[];
  readonly open: (settings: Texts, credentials: Texts) => RemoteService;
}

/** Every kind of service that a scan can ask. */
export const REMOTE_KINDS: readonly RemoteKind[] = [
  {
    kind: 'arachnid',
    title: 'Project Arachnid Shield',
    settings: [{ name: 'baseUrl', what: 'another address, such as that of a fake' }],
    credentials: NAME_AND_PASSWORD,
    open: (settings, { username = '', password = '' }) => arachnidShield({ ...settings, username, password }),
  },
  {
    kind: 'hma',
    title: 'a Hasher-Matcher-Actioner',
    settings: [
      { name: 'baseUrl', what: 'its address', required: true },
      { name: 'banks', what: 'the banks to look in, with commas between their names; without it, all' },
    ],
    credentials: [{ name: 'authorization', what: 'value of the header, for a proxy in front of it' }],
    open: ({ baseUrl = '', banks }, credentials) =>
      hmaLookup({ ...credentials, baseUrl, ...(banks !== undefined && { banks: banks.split(',') }) }),
  },
];

/** What a service is sent, said to a person. */
export const SENT_WORDS = { pdq: 'PDQ hashes', media: 'the file itself' } as const;

const SENDS = Object.keys(SENT_WORDS) as (keyof typeof SENT_WORDS)[];
const KINDS = REMOTE_KINDS.map(({ kind }) => kind);

/** Options of a command that asks services. */
export const REMOTE_OPTIONS: Options = { remote: { type: 'string', multiple: true }, setting: { type: 'string', multiple: true } };

export const REMOTE_HELP = `  --remote KIND=SEND  also ask a service (docs/remote.md), of kind ${KINDS.join(' or ')}; may be repeated. SEND is what leaves this machine: pdq, hashes
                      from which no picture can be made, or media, the file itself. What gets no answer is held
  --setting KIND.NAME=TEXT
                      what the service needs to know; may be repeated:
${REMOTE_KINDS.flatMap(({ kind, settings }) => settings.map(({ name, what }) => `                        ${`${kind}.${name}`.padEnd(18)}${what}\n`)).join('')}`;

/** Where the credentials of services are taken from. */
export const REMOTE_CREDENTIALS_HELP = `Credentials of services are taken from the environment: ${REMOTE_KINDS.flatMap(variablesOf).join(', ')}.

`;

/** The services that the options name, with the credentials of the environment. Nothing is asked yet. */
export function remoteOf(given: Given): RemoteList[] {
  const asked = given.texts('remote').map((text) => sendingOf(text));
  const kinds = asked.map(({ kind }) => kind);
  if (new Set(kinds).size < kinds.length) throw new UsageError('--remote: expected each kind of service once');
  const settings = settingsOf(given, kinds);
  return asked.map(({ kind, send }) => ({ service: serviceOf(kind, settings.get(kind) ?? {}), send }));
}

function sendingOf(text: string): { kind: string; send: RemoteList['send'] } {
  const [kind = '', what] = text.split('=');
  const send = SENDS.find((word) => word === what);
  if (!KINDS.includes(kind) || !send) {
    const expected = (KINDS.includes(kind) ? [kind] : KINDS).flatMap((one) => SENDS.map((word) => `${one}=${word}`));
    throw new UsageError(`--remote: expected the service, and what may leave this machine: ${expected.join(' or ')}`);
  }
  return { kind, send };
}

/** By kind. */
function settingsOf(given: Given, kinds: readonly string[]): Map<string, Record<string, string>> {
  const settings = new Map<string, Record<string, string>>(kinds.map((kind) => [kind, {}]));
  for (const text of given.texts('setting')) {
    const [name, value] = settingOf(text, '--setting', 'KIND.NAME=TEXT');
    const dot = name.indexOf('.');
    const own = settings.get(name.slice(0, dot));
    if (!own) throw new UsageError(`--setting: expected KIND.NAME=TEXT of a service that --remote names, got ${JSON.stringify(name)}`);
    own[name.slice(dot + 1)] = value;
  }
  return settings;
}

function serviceOf(kind: string, settings: Texts): RemoteService {
  const found = REMOTE_KINDS.find((one) => one.kind === kind) as RemoteKind;
  const credentials = credentialsOf(found);
  for (const [at, { name, what, required }] of found.credentials.entries())
    if (required && credentials[name] === undefined)
      throw new UsageError(`--remote: ${kind} needs the variable ${variablesOf(found)[at]} in the environment: ${what}`);
  return found.open(checkedTexts(`a service of kind ${kind}`, 'setting', found.settings, settings), credentials);
}

/** How often services were asked, and what the first failure of each was. */
export class AskedServices {
  readonly #counts: ReadonlyMap<string, { readonly remote: RemoteList; asked: number; answered: number; isTold: boolean }>;

  constructor(services: readonly RemoteList[]) {
    this.#counts = new Map(services.map((remote) => [remote.service.name, { remote, asked: 0, answered: 0, isTold: false }]));
  }

  /** Counts the questions about one upload. Returns why a service did not answer, for each that never failed before. */
  take({ remote, problems }: Verdict): string[] {
    for (const { name, answered } of remote) {
      const counts = this.#counts.get(name);
      if (!counts) continue;
      counts.asked += 1;
      if (answered) counts.answered += 1;
    }
    return problems.flatMap(({ code, service, message }) => {
      const counts = service === undefined ? undefined : this.#counts.get(service);
      if (code !== 'EXCHANGE_FAILED' || !counts || counts.isTold) return [];
      counts.isTold = true;
      return [message];
    });
  }

  /** One line for each service. */
  toString(): string {
    return [...this.#counts.values()]
      .map(({ remote: { service, send }, asked, answered }) => {
        const who = `${service.name} (${service.host}, sent ${SENT_WORDS[send]})`;
        return `${printable(who)}: ${asked === 0 ? 'not asked' : `${answered} of ${asked} answered`}\n`;
      })
      .join('');
  }
}
