import type { BankSignal } from '../../bank/signal.js';

/** The fields of a JSON object, or `null` for anything else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
}

/** A text, or `undefined` for anything else and for an empty one. */
export function textOfField(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Whether signals of this type are to be kept; all are where nobody says. */
export function isWanted(type: BankSignal, types: readonly BankSignal[] | undefined): boolean {
  return types === undefined || types.includes(type);
}
