import type { Feedback } from '../../bank/exchange.js';
import type { BankSignal } from '../../bank/signal.js';
import { EgideError, invalid } from '../../errors.js';
import type { AskNcmec, NcmecExchange, NcmecReason } from './ncmec.js';

/** Types of fingerprint, as NCMEC's interface names them (python-threatexchange's client, October 2024). */
export const NCMEC_FINGERPRINTS = [
  'MD5',
  'SHA1',
  'PDNA',
  'PDQ',
  'NETCLEAN',
  'VIDENTIFIER',
  'TMK_PDQF',
  'SSVH_PDNA',
  'SSVH_SAFER_HASH',
] as const;

/** One of {@link NCMEC_FINGERPRINTS}. */
export type NcmecFingerprint = (typeof NCMEC_FINGERPRINTS)[number];

/** Those that can match here. */
const TYPE_OF: Partial<Record<BankSignal, NcmecFingerprint>> = {
  md5: 'MD5',
  'video-md5': 'MD5',
  sha1: 'SHA1',
  photodna: 'PDNA',
  pdq: 'PDQ',
};

const NAMESPACE = 'https://hashsharing.ncmec.org/hashsharing/v2';

/**
 * Says of one fingerprint of an entry that it is right, or for which reasons it is not. Sent twice it says the same, so that it is sent
 * again where no answer came.
 */
export async function sendFeedback(
  ask: AskNcmec,
  reasonsFor: NcmecExchange['feedbackReasons'],
  { key, signal: type, opinion, reasons = [] }: Feedback,
  signal: AbortSignal | undefined,
): Promise<void> {
  const [, member, entry] = /^(\d+)-(.+)$/s.exec(key) ?? [];
  if (member === undefined || entry === undefined) throw invalid('key', "NCMEC's member and entry, such as 42-image1", key);
  const fingerprint = TYPE_OF[type];
  if (!fingerprint) throw invalid('signal', Object.keys(TYPE_OF).join(', '), type);
  const known = opinion === 'negative' ? await reasonsFor(fingerprint, signal ? { signal } : {}) : [];
  const vote =
    opinion === 'negative' ? `<negative><reasonIds>${guidsOf(fingerprint, reasons, known)}</reasonIds></negative>` : '<affirmative/>';
  await ask({
    method: 'PUT',
    path: `/v2/entries/${member}/${encodeURIComponent(entry)}/${fingerprint}/feedback`,
    headers: { 'content-type': 'application/xml; charset=utf-8' },
    body: `<?xml version="1.0" encoding="UTF-8"?><feedbackSubmission xmlns="${NAMESPACE}">${vote}</feedbackSubmission>`,
    repeatable: true,
    signal,
  });
}

/** The GUIDs of these reasons, given by GUID or name; of the only one that there is if none was given. */
function guidsOf(type: NcmecFingerprint, reasons: readonly string[], known: readonly NcmecReason[]): string {
  const offered = known.map(({ name }) => name).join(', ');
  if (known.length === 0)
    throw new EgideError('EXCHANGE_FAILED', `NCMEC takes no negative feedback on ${type} from this account: ask NCMEC`);
  if (reasons.length === 0 && known.length > 1) throw invalid('reasons', `one or more of: ${offered}`, 'none');
  const chosen = reasons.length === 0 ? known : reasons.map((reason) => known.find(({ guid, name }) => guid === reason || name === reason));
  return chosen
    .map((reason) => {
      if (!reason || !/^[0-9a-f-]{36}$/i.test(reason.guid)) throw invalid('reasons', `one or more of: ${offered}`, 'another');
      return `<guid>${reason.guid}</guid>`;
    })
    .join('');
}
