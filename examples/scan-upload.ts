/**
 * An HTTP server that scans what is uploaded before anything else may see it.
 *
 *     npx bun examples/scan-upload.ts list.csv     and then     curl --data-binary @picture.jpg http://127.0.0.1:8080/
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Action, load, type Shield } from 'egide';

/** The status for each action: 201 stored, 202 kept from view until a person has looked, 403 refused. */
const STATUS: Readonly<Record<Action, number>> = { allow: 201, hold: 202, block: 403 };

/** A server over one shield. It is not listening yet. */
export function createUploadServer(shield: Shield): Server {
  return createServer((request, response) => {
    answer(shield, request, response).catch((error: unknown) => {
      // Whatever went wrong, nothing was looked at: the upload must not be published.
      console.error(error);
      response.writeHead(503).end();
    });
  });
}

async function answer(shield: Shield, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // Bytes, pixels, frames and time are bounded by the shield; a client that hangs up stops the work.
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const verdict = await shield.scan(request, { signal: gone.signal });
  // Here a real platform stores the upload together with the verdict, and shows it only for `allow`.
  // The client is told nothing about lists or distances: that would help those who try to get past them.
  response.writeHead(STATUS[verdict.action], { 'content-type': 'application/json' });
  response.end(JSON.stringify({ action: verdict.action }));
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const egide = await load();
  const list = await egide.hashList(process.argv[2] ?? 'list.csv', { name: 'list' });
  console.log(`${list.entryCount} entries, ${list.report.refused} lines refused`);
  createUploadServer(egide.shield({ lists: [list] })).listen(8080, '127.0.0.1', () => console.log('http://127.0.0.1:8080/'));
}
