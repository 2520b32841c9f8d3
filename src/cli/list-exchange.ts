import type { Bank, BankList } from '../bank/bank.js';
import type { Exchange } from '../bank/exchange.js';
import { credentialVariable, EXCHANGES, type ExchangeKind, exchangeOf } from '../list/exchanges/registry.js';
import { UsageError } from './io.js';

/** Where commands that ask an exchange take its credentials from. */
export const CREDENTIALS_HELP = `Credentials are taken from the environment, such as ${credentialVariable('ncmec', 'password')}.`;

/** The list of a bank that has this name. Throws {@link UsageError} if there is none. */
export async function listNamed(bank: Bank, name: string, command: string): Promise<BankList> {
  const list = (await bank.lists()).find((one) => one.name === name);
  if (!list) throw new UsageError(`${command}: the bank has no list of this name: add it with \`egide list add\``);
  return list;
}

/** The exchange that a list is read from, with the credentials of the environment. */
export function exchangeOfList({ kind, settings }: BankList): Exchange {
  const texts = Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, String(value)]));
  const known = EXCHANGES.find((exchange) => exchange.kind === kind);
  return exchangeOf(kind, texts, known ? credentialsOf(known) : {});
}

/** What asks for credentials: an exchange, or a service that scans ask. */
type Credentialed = Pick<ExchangeKind, 'kind' | 'credentials'>;

/** The variables of the environment that its credentials are looked for in. */
export function variablesOf({ kind, credentials }: Credentialed): string[] {
  return credentials.map(({ name }) => credentialVariable(kind, name));
}

/** Its credentials, as far as the environment has them. */
export function credentialsOf({ kind, credentials }: Credentialed): Record<string, string> {
  return Object.fromEntries(
    credentials.flatMap(({ name }) => {
      const value = process.env[credentialVariable(kind, name)];
      return value ? [[name, value]] : [];
    }),
  );
}

/** The two sides of `NAME=TEXT`. Throws {@link UsageError} if it is something else. */
export function settingOf(text: string, option = '--setting', form = 'NAME=TEXT'): [name: string, value: string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new UsageError(`${option}: expected ${form}`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}
