import { invalid } from '../errors.js';
import { fakeArachnid } from './arachnid.js';
import type { Fake, FakeKind, FakeOptions } from './fake.js';
import { startFakeOf } from './fake-server.js';
import { fakeHma } from './hma.js';
import { fakeNcmec } from './ncmec.js';
import { fakeStopNcii } from './stopncii.js';
import { fakeTechAgainstTerrorism } from './tech-against-terrorism.js';
import { fakeThreatExchange } from './threatexchange.js';

/** Every fake, by the kind of exchange or the service that it imitates. */
export const FAKES: readonly FakeKind[] = [fakeNcmec, fakeStopNcii, fakeTechAgainstTerrorism, fakeThreatExchange, fakeHma, fakeArachnid];

/**
 * Starts a fake of an exchange or a service on this machine: synthetic entries, the source's exact protocol, and its faults as switches.
 *
 * @throws {EgideError} `INVALID_ARGUMENT` for an unknown kind or fault, and always where NODE_ENV is `production`.
 * @example
 * const fake = await startFake('stopncii', { faults: ['malformed-record'], entries: 2000 });
 * const exchange = stopNciiExchange({ baseUrl: fake.url, ...fake.credentials });
 */
export function startFake(kind: string, options?: FakeOptions): Promise<Fake> {
  const found = FAKES.find((fake) => fake.kind === kind);
  if (!found) throw invalid('kind', `one of ${FAKES.map((fake) => fake.kind).join(', ')}`, kind);
  return startFakeOf(found, options);
}
