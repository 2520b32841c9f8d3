#!/usr/bin/env node
import { load } from '../entry/node.js';
import type { Io } from './io.js';
import { run } from './run.js';

const stop = new AbortController();
process.once('SIGINT', () => stop.abort()); // a second Ctrl-C ends the process at once
process.once('SIGTERM', () => stop.abort());
process.stdout.on('error', () => undefined); // each write tells its own caller
process.stderr.on('error', () => undefined); // there is nobody left to tell

const { NO_COLOR } = process.env;
const io: Io = {
  out: (text) => new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve()))),
  err: (text) => void process.stderr.write(text),
  colour: process.stdout.isTTY === true && (NO_COLOR === undefined || NO_COLOR === ''),
  errIsTerminal: process.stderr.isTTY === true,
  signal: stop.signal,
  load,
};
process.exitCode = await run(process.argv.slice(2), io);
