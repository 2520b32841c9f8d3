import { load } from 'egide/browser';
import { expect, test } from 'vitest';
import coreUrl from '../../dist/core.wasm?url';
import tsv from '../vectors/pdq-synthetic.tsv?raw';
import { parsePdqVectors } from '../vectors/pdq-vectors.js';
import { checks } from './checks.js';

// The browser entry, in real Chromium.
const egide = await load(fetch(coreUrl));
const vectors = parsePdqVectors(tsv);

test('runs on WebAssembly', () => expect(egide.backend.name).toBe('wasm'));

for (const [name, check] of Object.entries(checks)) test(name, () => check(egide, vectors));
