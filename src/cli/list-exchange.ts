import type { Bank, BankList } from '../bank/bank.js';
import type { Exchange } from '../bank/exchange.js';
import { credentialVariable, EXCHANGES, exchangeOf } from '../list/exchanges/registry.js';
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
  return exchangeOf(kind, texts, credentialsOf(kind));
}

function credentialsOf(kind: string): Record<string, string> {
  const names = EXCHANGES.find((exchange) => exchange.kind === kind)?.credentials.map(({ name }) => name) ?? [];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[credentialVariable(kind, name)];
      return value ? [[name, value]] : [];
    }),
  );
}
