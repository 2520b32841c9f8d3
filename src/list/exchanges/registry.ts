import type { Exchange } from '../../bank/exchange.js';
import { EgideError, invalid } from '../../errors.js';
import type { HttpOptions } from '../http-client.js';
import { hmaExchange } from './hma.js';
import { NCMEC_ENVIRONMENTS, type NcmecEnvironment, ncmecExchange } from './ncmec.js';
import { stopNciiExchange } from './stopncii.js';
import { techAgainstTerrorismExchange } from './tech-against-terrorism.js';
import { threatExchange } from './threatexchange.js';

/** One thing that a kind of exchange needs to know. */
export interface ExchangeField {
  readonly name: string;
  /** For people. */
  readonly what: string;
  readonly required?: boolean;
  /** The only texts that it may be. */
  readonly choices?: readonly string[];
}

/** A kind of exchange, with what a person has to say to use it. */
export interface ExchangeKind {
  readonly kind: string;
  /** For people. */
  readonly title: string;
  /** May be kept with the bank. */
  readonly settings: readonly ExchangeField[];
  /** Are never kept: the caller brings them each time ({@link credentialVariable}). */
  readonly credentials: readonly ExchangeField[];
  /** Opens one from what {@link exchangeOf} has checked. */
  readonly open: (settings: Texts, credentials: Texts, options: HttpOptions) => Exchange;
}

/** Texts by name. */
export type Texts = Readonly<Record<string, string>>;

const BASE_URL: ExchangeField = { name: 'baseUrl', what: 'another address, such as that of a fake' };
/** @internal Of an account. */
export const NAME_AND_PASSWORD: readonly ExchangeField[] = [
  { name: 'username', what: 'name of the account', required: true },
  { name: 'password', what: 'its password', required: true },
];

/** Every kind of exchange that can be read. */
export const EXCHANGES: readonly ExchangeKind[] = [
  {
    kind: 'ncmec',
    title: 'NCMEC hash sharing, version 2',
    settings: [
      { name: 'environment', what: 'the database', choices: Object.keys(NCMEC_ENVIRONMENTS) },
      { ...BASE_URL, what: 'another address in its place, such as that of a fake' },
      { name: 'largeFingerprints', what: 'whether TMK+PDQF and Videntifier are fetched too', choices: ['true', 'false'] },
    ],
    credentials: NAME_AND_PASSWORD,
    open: ({ environment, baseUrl, largeFingerprints }, { username = '', password = '' }, options) =>
      ncmecExchange({
        ...options,
        ...(environment !== undefined && { environment: environment as NcmecEnvironment }),
        ...(baseUrl !== undefined && { baseUrl }),
        username,
        password,
        largeFingerprints: largeFingerprints === 'true',
      }),
  },
  {
    kind: 'stopncii',
    title: 'StopNCII.org, version 1',
    settings: [BASE_URL],
    credentials: [
      { name: 'subscriptionKey', what: 'Ocp-Apim-Subscription-Key', required: true },
      { name: 'fetchKey', what: 'function key of FetchHashes', required: true },
      { name: 'submitKey', what: 'function key of SubmitHashes' },
      { name: 'feedbackKey', what: 'function key of SubmitFeedback' },
    ],
    open: (settings, { subscriptionKey = '', fetchKey = '', ...more }, options) =>
      stopNciiExchange({ ...options, ...settings, subscriptionKey, fetchKey, ...more }),
  },
  {
    kind: 'tech-against-terrorism',
    title: 'Tech Against Terrorism hash list (TCAP), version 2',
    settings: [BASE_URL],
    credentials: NAME_AND_PASSWORD,
    open: (settings, { username = '', password = '' }, options) =>
      techAgainstTerrorismExchange({ ...options, ...settings, username, password }),
  },
  {
    kind: 'threatexchange',
    title: "Meta's ThreatExchange",
    settings: [{ name: 'privacyGroup', what: 'number of the privacy group', required: true }, BASE_URL],
    credentials: [{ name: 'accessToken', what: "the app's number, `|` and its secret", required: true }],
    open: ({ privacyGroup = '', ...settings }, { accessToken = '' }, options) =>
      threatExchange({ ...options, ...settings, privacyGroup, accessToken }),
  },
  {
    kind: 'hma',
    title: 'a bank of a Hasher-Matcher-Actioner',
    settings: [
      { ...BASE_URL, what: 'its address', required: true },
      { name: 'bank', what: 'name of the bank', required: true },
    ],
    credentials: [{ name: 'authorization', what: 'value of the header, for a proxy in front of it' }],
    open: ({ baseUrl = '', bank = '' }, credentials, options) => hmaExchange({ ...options, ...credentials, baseUrl, bank }),
  },
];

/**
 * Opens an exchange from texts, as a command line or a configuration has them. Nothing is asked yet.
 *
 * @param options How to ask: `fetch`, `tries`, and so on.
 * @throws {EgideError} `INVALID_ARGUMENT` for an unknown kind or name, and for what is missing; never with the value of a credential.
 */
export function exchangeOf(kind: string, settings: Texts, credentials: Texts, options: HttpOptions = {}): Exchange {
  const found = EXCHANGES.find((exchange) => exchange.kind === kind);
  if (!found) throw invalid('kind', `one of ${EXCHANGES.map((exchange) => exchange.kind).join(', ')}`, kind);
  return found.open(
    checkedTexts(`an exchange of kind ${kind}`, 'setting', found.settings, settings),
    checkedTexts(`an exchange of kind ${kind}`, 'credential', found.credentials, credentials),
    options,
  );
}

/** The variable of the environment in which a credential is looked for: `EGIDE_STOPNCII_FETCH_KEY`. */
export function credentialVariable(kind: string, credential: string): string {
  return `EGIDE_${kind}_${credential.replace(/[A-Z]/g, '_$&')}`.replaceAll('-', '_').toUpperCase();
}

/**
 * @internal Texts in which nothing is unknown, missing or no choice.
 *
 * @param whose For the message, which never has a value in it.
 */
export function checkedTexts(whose: string, what: string, fields: readonly ExchangeField[], given: Texts): Texts {
  const names = fields.map(({ name }) => name);
  for (const name of Object.keys(given))
    if (!names.includes(name)) throw wrong(whose, `has no ${what} ${JSON.stringify(name)}: expected ${names.join(', ')}`);
  for (const { name, required, choices } of fields) {
    const value = given[name];
    if (required && !value) throw wrong(whose, `needs the ${what} ${name}`);
    if (value !== undefined && typeof value !== 'string') throw wrong(whose, `takes a text as the ${what} ${name}`);
    if (value !== undefined && choices && !choices.includes(value)) throw wrong(whose, `takes as ${name} one of ${choices.join(', ')}`);
  }
  return given;
}

function wrong(whose: string, what: string): EgideError {
  return new EgideError('INVALID_ARGUMENT', `${whose} ${what}`);
}
