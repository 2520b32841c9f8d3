import { createSign, generateKeyPairSync } from 'node:crypto';

/** A certificate that signs itself, and its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A value of a tag in DER (ITU-T X.690, 8.1). */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const text = (tag: number, words: string): Buffer => der(tag, Buffer.from(words));
const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');

/** Makes a certificate of a name for some hours, as RFC 5280 (4.1) writes it, with a new key. */
export function certificateOf(name: string): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(der(0x06, hex('2a8648ce3d040302'))); // ecdsa-with-SHA256
  const commonName = sequence(der(0x31, sequence(der(0x06, hex('550403')), text(0x0c, name))));
  const time = (at: number): Buffer => text(0x18, `${new Date(at).toISOString().replace(/[-:T]|\..*/g, '')}Z`);
  const validity = sequence(time(Date.now() - 3_600_000), time(Date.now() + 7_200_000));
  const alternatives = sequence(der(0x06, hex('551d11')), der(0x04, sequence(text(0x82, name)))); // subjectAltName, a dNSName
  const signed = sequence(
    der(0xa0, der(0x02, hex('02'))), // version 3
    der(0x02, hex('01')),
    algorithm,
    commonName,
    validity,
    commonName,
    publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, sequence(alternatives)),
  );
  const signature = createSign('sha256').update(signed).sign(privateKey);
  const certificate = sequence(signed, algorithm, der(0x03, hex('00'), signature));
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}
