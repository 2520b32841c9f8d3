import { expect, test } from 'vitest';
import { FAKES, startFake } from '../../src/fakes/fakes.js';
import { credentialVariable, EXCHANGES, exchangeOf } from '../../src/list/exchanges/registry.js';
import { readOn, Store, sorted } from './exchange-store.js';

test('every exchange has a fake, and reads it with nothing but texts', async () => {
  expect(FAKES.map(({ kind }) => kind)).toEqual(expect.arrayContaining(EXCHANGES.map(({ kind }) => kind)));
  for (const { kind } of EXCHANGES) {
    const fake = await startFake(kind, { entries: 30 });
    const exchange = exchangeOf(kind, fake.settings, fake.credentials);
    const store = new Store();
    await readOn(exchange, store);
    await fake.close();
    expect(exchange.kind).toBe(kind);
    expect(store.truth()).toEqual(sorted(fake.truth()));
  }
});

test('says what is missing or unknown, and no value', () => {
  const texts = { username: 'a', password: 'secret-4711' };
  expect(() => exchangeOf('x', {}, {})).toThrow('kind: expected one of ncmec, stopncii');
  expect(() => exchangeOf('ncmec', { environment: 'industry' }, { username: 'a' })).toThrow('ncmec needs the credential password');
  expect(() => exchangeOf('ncmec', { environment: 'moon' }, texts)).toThrow('ncmec takes as environment one of industry,');
  expect(() => exchangeOf('ncmec', { url: 'x' }, texts)).toThrow('has no setting "url": expected environment, baseUrl');
  expect(() => exchangeOf('ncmec', {}, texts)).toThrow('environment: expected');
  expect(() => exchangeOf('threatexchange', {}, { accessToken: '1|a' })).toThrow('threatexchange needs the setting privacyGroup');
  expect(() => exchangeOf('stopncii', {}, texts)).toThrow('has no credential "username": expected subscriptionKey');
});

test('a credential has one variable of the environment', () => {
  expect(credentialVariable('stopncii', 'fetchKey')).toBe('EGIDE_STOPNCII_FETCH_KEY');
  expect(credentialVariable('tech-against-terrorism', 'password')).toBe('EGIDE_TECH_AGAINST_TERRORISM_PASSWORD');
});
