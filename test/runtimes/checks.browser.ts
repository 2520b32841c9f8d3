import { load } from 'egide/browser';
import { expect, test } from 'vitest';
import coreUrl from '../../dist/core.wasm?url';
import tsv from '../vectors/pdq-synthetic.tsv?raw';
import { parseVectors } from '../vectors/synthetic.js';
import { checks } from './checks.js';

// The browser entry, in real Chromium.
const egide = await load(fetch(coreUrl));
const vectors = parseVectors(tsv);

test('runs on WebAssembly', () => expect(egide.backend.name).toBe('wasm'));

for (const [name, check] of Object.entries(checks)) test(name, () => check(egide, vectors));
