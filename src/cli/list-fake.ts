import { once } from 'node:events';
import { type Fake, SERVER_FAULTS } from '../fakes/fake.js';
import { FAKES, startFake } from '../fakes/fakes.js';
import { credentialVariable, EXCHANGES } from '../list/exchanges/registry.js';
import type { Command } from './command.js';
import { UsageError } from './io.js';
import { REMOTE_KINDS } from './remote-services.js';

const FAULTS_HELP = [{ kind: 'all kinds', faults: SERVER_FAULTS }, ...FAKES]
  .map(({ kind, faults }) => `${kind}:\n${faults.map(({ name, what }) => `  ${name.padEnd(20)} ${what}\n`).join('')}`)
  .join('');

/** `egide list fake KIND`. */
export const listFakeCommand: Command = {
  name: 'list fake',
  help: `egide list fake KIND [options]

Runs a server on this machine that acts as an exchange or as a service that uploads are looked up in, with synthetic entries, until it is
stopped: to try egide, or a client of your own, without an account. It prints its address and the credentials that it takes. Every hash that it gives begins with 6567696446414b45
("egidFAKE"). It does not start where NODE_ENV is production.

  KIND            ${FAKES.map(({ kind }) => kind).join(', ')}
  --fault NAME    a fault that it is to have; may be repeated
  --entries N     entries that it has, default 500
  --seed N        two servers of one seed hold the same, default 1
  --port N        default: any free one
  --json          print one JSON document: { kind, url, settings, credentials, faults }

Faults of ${FAULTS_HELP}`,
  options: {
    fault: { type: 'string', multiple: true },
    entries: { type: 'string' },
    seed: { type: 'string' },
    port: { type: 'string' },
  },
  async run(io, given) {
    const [kind] = given.files;
    const kinds = FAKES.map((fake) => fake.kind).join(', ');
    if (kind === undefined || given.files.length > 1) throw new UsageError(`list fake: expected one of ${kinds}`);
    const faults = given.texts('fault');
    const fake = await startFake(kind, {
      faults,
      entries: given.number('entries', 1, 1_000_000, 500),
      seed: given.number('seed', 0, 2 ** 31 - 1, 1),
      port: given.number('port', 0, 65_535, 0),
    });
    try {
      const { url, settings, credentials } = fake;
      if (given.flag('json')) await io.out(`${JSON.stringify({ kind, url, settings, credentials, faults })}\n`);
      else {
        const lines = Object.entries(credentials).map(([name, value]) => `export ${credentialVariable(kind, name)}='${value}'\n`);
        const head = `# ${kind}, faults: ${faults.join(', ') || 'none'}; stop it with Ctrl-C\n`;
        await io.out(`${head}${usesOf(fake).join('')}${lines.join('')}`);
      }
      if (!io.signal.aborted) await once(io.signal, 'abort');
    } finally {
      await fake.close();
    }
    return 0;
  },
};

/** The commands that take a fake, as a list and as a service that scans ask. */
function usesOf({ kind, url, settings }: Fake): string[] {
  const given = Object.entries(settings).map(([name, value]) => ` --setting ${name}=${value}`);
  const isList = EXCHANGES.some((exchange) => exchange.kind === kind);
  const isAsked = REMOTE_KINDS.some((service) => service.kind === kind);
  return [
    ...(isList ? [`# egide list add NAME --kind ${kind}${given.join('')}\n`] : []),
    ...(isAsked ? [`# egide scan FILE --remote ${kind}=pdq --setting ${kind}.baseUrl=${url}\n`] : []),
  ];
}
