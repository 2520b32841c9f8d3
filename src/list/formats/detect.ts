import { EgideError } from '../../errors.js';
import { meaningOf, signalTypeOf } from '../record.js';
import { readCsvHeader } from '../records-csv.js';
import { digestTypeOf } from './digests.js';
import type { BankFormat } from './format.js';
import { readIcseHeader } from './icse.js';

/** Bytes of a file's beginning in which its format shows (our own choice). */
export const HEAD_BYTES = 65_536;

/** What a file is, and how that was told, for people. */
export interface Detection {
  readonly format: BankFormat;
  readonly explanation: string;
}

const EXPECTED =
  'expected CSV with a header line, NDJSON, lines of `<signal_type> <signal>`, lines of one digest each, VICS, ICSE, or XML of NCMEC (docs/lists.md)';

/** Whether bytes begin a gzip file (RFC 1952 section 2.3.1). */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/**
 * Tells the format of a file from its beginning.
 *
 * @param isWhole Whether that is the whole file.
 * @throws {EgideError} `INVALID_LIST` if it is none that is read: the message says what it looks like.
 */
export function detectFormat(head: Uint8Array, isWhole: boolean, signalType: string | undefined): Detection {
  refuseOthers(head);
  const text = new TextDecoder().decode(head).replace(/^\s+/, '');
  if (text === '') throw new EgideError('INVALID_LIST', `the list is empty: ${EXPECTED}`);
  if (text.startsWith('<')) return detectXml(text);
  const lines = text.split(/\r\n|\n|\r/);
  if (text.startsWith('{')) return detectJson(text, lines, isWhole);
  const first = lines.find((line) => line.trim() !== '' && !line.startsWith('#'));
  if (first === undefined) throw new EgideError('INVALID_LIST', `the list is empty: ${EXPECTED}`);
  const detection = detectLine(first, signalType);
  if (detection) return detection;
  if (text.startsWith('[')) throw new EgideError('INVALID_LIST', `the list is a JSON array: write one object on each line; ${EXPECTED}`);
  throw new EgideError('INVALID_LIST', `its first line fits no format: ${EXPECTED}`);
}

/** What is plainly something else. */
function refuseOthers(head: Uint8Array): void {
  const [a, b] = head;
  if (a === undefined) throw new EgideError('INVALID_LIST', `the list is empty: ${EXPECTED}`);
  const is16 = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || (head.length > 1 && (a === 0) !== (b === 0));
  if (is16) throw new EgideError('INVALID_LIST', 'the list is in UTF-16: save it as UTF-8');
  if (a === 0x50 && b === 0x4b)
    throw new EgideError('INVALID_LIST', 'the list is a ZIP file (or a spreadsheet): unpack it, or save it as CSV');
}

function detectXml(text: string): Detection {
  const root = /<(?:[\w.-]+:)?([A-Za-z_][\w.-]{0,63})[\s/>]/.exec(text)?.[1];
  if (root === 'queryResult')
    return { format: 'ncmec-xml', explanation: "NCMEC's XML: its first element is queryResult, as hash sharing answers" };
  throw new EgideError('INVALID_LIST', 'the list is XML, but does not begin with the element queryResult of NCMEC hash sharing');
}

function detectJson(text: string, lines: readonly string[], isWhole: boolean): Detection {
  const context = /"(?:@odata\.context|odata\.metadata)"\s*:\s*"[^"]*\/ProjectVic\/DataModels\/(\d{1,2}\.\d{1,2})\.xml/i.exec(text);
  if (context) return { format: 'vics', explanation: `VICS ${context[1]}: begins with { and names the data model of Project VIC` };
  if (/^\{\s*"(value|Media)"\s*:\s*\[/.test(text))
    return { format: 'vics', explanation: 'VICS: begins with { and an array of Media, though it names no data model' };
  const [first = ''] = lines;
  if ((lines.length > 1 || isWhole) && isJson(first)) {
    const fields = Object.keys(JSON.parse(first) as object);
    const isVics = fields.includes('value') || fields.includes('Media');
    if (isVics && lines.slice(1).every((line) => line.trim() === ''))
      return { format: 'vics', explanation: 'VICS: one JSON object with an array of Media, though it names no data model' };
    return { format: 'ndjson', explanation: 'NDJSON: its first line is one JSON object' };
  }
  if (lines.length === 1 && !isWhole) return { format: 'ndjson', explanation: 'NDJSON: it begins with { and a long line' };
  if (/^\{\s*$/.test(first) || lines.length === 1)
    throw new EgideError('INVALID_LIST', `the list is JSON, but neither one object on each line nor VICS: ${EXPECTED}`);
  return { format: 'ndjson', explanation: 'NDJSON: its first line begins with {, though it is malformed' };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // the engine's message quotes the text
  }
}

function detectLine(line: string, signalType: string | undefined): Detection | null {
  const trimmed = line.trim();
  const [type = '', second] = trimmed.split(/\s+/, 2);
  if (second !== undefined && signalTypeOf(type) !== null && meaningOf(second) === undefined)
    return { format: 'local_file', explanation: 'local_file: its first line is a type of signal and a signal' };
  if (readIcseHeader(line)) return { format: 'icse', explanation: 'ICSE: its first line has the columns of an ICSE export' };
  const header = readCsvHeader(line);
  if (header) {
    const between = header.delimiter === '\t' ? 'tabs' : `\`${header.delimiter}\``;
    const known = header.columns.filter((column) => column !== undefined).join(', ');
    return {
      format: 'csv',
      explanation: `CSV: its first line is a header, with ${between} between columns and these that are known: ${known}`,
    };
  }
  if (second !== undefined) return null;
  if (digestTypeOf(trimmed) !== null)
    return { format: 'digests', explanation: 'lines of one digest each: its first line is one value in hex or base64' };
  return signalType !== undefined && /^[\w+/=-]{32,}$/.test(trimmed)
    ? { format: 'digests', explanation: `lines of one signal each, of the type ${signalType} that was given` }
    : null;
}
