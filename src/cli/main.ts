#!/usr/bin/env node
import { load } from '../entry/node.js';
import { EXIT, type Io } from './io.js';
import { run } from './run.js';

const stop = new AbortController();
process.once('SIGINT', () => stop.abort()); // a second Ctrl-C ends the process at once
process.once('SIGTERM', () => stop.abort());
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.error); // the reader of our pipe has had enough, as in `egide scan … | head`; 0 would mean that all is well
});

const { NO_COLOR } = process.env;
const io: Io = {
  out: (text) => new Promise((resolve) => process.stdout.write(text, () => resolve())),
  err: (text) => void process.stderr.write(text),
  colour: process.stdout.isTTY === true && (NO_COLOR === undefined || NO_COLOR === ''),
  errIsTerminal: process.stderr.isTTY === true,
  signal: stop.signal,
  load,
};
process.exitCode = await run(process.argv.slice(2), io);
