import type { PatchStages } from './patch-stages.js';
import type { Pattern } from './pictures.js';

/** One picture by formula, and what Meta's reference answers for it. */
export interface SelfTestVector {
  readonly pattern: Pattern;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  /** Quality in `full-res` and in `reference-cpp`. */
  readonly quality: readonly [number, number];
  /** The hash in `reference-cpp`. */
  readonly referenceCpp: string;
  /** The eight orientations in `full-res`, the picture's own hash first. */
  readonly fullRes: readonly string[];
  /** The eight of the turned picture: egide's own, which the tests hold against hashing turned pixels. */
  readonly turned?: readonly string[];
}

/** One of the pictures in test/vectors/patches.json, and what the scalar kernel makes of it. Slim, so that it takes little time. */
export const PATCH_VECTOR: Readonly<Record<'seed' | 'width' | 'height', number>> & {
  readonly pattern: Pattern;
  readonly stages: PatchStages;
} = {
  pattern: 'blocks',
  seed: 2463534333,
  width: 512,
  height: 96,
  stages: {
    keypoints: 67,
    places: 2207477487,
    histograms: 180307025,
    luma: 491544576,
    standard: 873496732,
    compact: 3850897136,
    matchNumbers: 394,
    match: 1911025255,
  },
};

/**
 * Seven of the 109 vectors in test/vectors/pdq-synthetic.tsv: answers of Meta's reference, facebook/ThreatExchange pdq/cpp
 * (BSD). Odd sizes, four patterns, a picture that the two modes hash differently, and one too small to hash.
 */
export const SELF_TEST_VECTORS: readonly SelfTestVector[] = [
  {
    pattern: 'noise',
    seed: 2463537379,
    width: 100,
    height: 37,
    quality: [100, 100],
    referenceCpp: '02e61338a2c644323bcbd9298133de5bb3b8e74ca1bdca9fa2cf61b46b863c2e',
    fullRes: [
      '02e61338a2c644323bcbd9298133de5bb3b8e74ca1bdca9fa2cf61b46b863c2e',
      '27f8c82828efb05e0d13e69ee9dab11828be46b6d6a58c494df95f80bb1bb0c5',
      '57b3b990b793ee986a9e7101c46674f1a6ed4de4e0e84035f79acb163ec21684',
      '72ad40837daa1af458c64414bc8f1bb2f9ebec1d83f006e318acf52aea4e1a6f',
      '02e6ecc6a2c6bb8d3bcb2654913321a4fbb818b3b1bd1560a2cf9e4b6b97c2d1',
      '5733466cb78311276a9e8c7c84668b0ea6edb219e0e89fcaf79a34e13ec2283b',
      '27f8155628ef4d810d131141e9da4ee6a8bea948d6a553b44df9a07fbb1b0f38',
      '72ac9f7c7daae50b5846b3cbb88fe44cf9eb03e283f0f91c18a80ad5aa0ea590',
    ],
  },
  {
    pattern: 'blocks',
    seed: 2463535076,
    width: 26,
    height: 28,
    quality: [100, 100],
    referenceCpp: '40ed396b4c8e108720f3f9687691096e0aafff11cb783373d6952f16237bf510',
    fullRes: [
      '40ed396b4c8e108720f3f9687691096e0aafff11cb783373d6952f16237bf510',
      'c57919964e5721a675e4ddb202feba88ba88324dddb2f580e5a24e7379962525',
      '85b853c119dbb20d65a653c223c423c45fba55bb9e2d19d983c085bc762e5fba',
      '923cb33c1b028b0c20b1771857ab1022efdd98e788e75f2ab0f7e4d92cc38f8f',
      'd0ed06944c8ee75830f30697f69176910aef00eecb78cc8cd695d0e9237b0aef',
      '85b8ac3e19db4df265a6ac3d23c4dc3b5fbaaa449e2de62683c07a43762ea045',
      '0469a6694e57565965e4224d02fe4577ba88cd32cdb20a7fe5a2b18c7996dada',
      '902c4cc31b0274f320b188e757abefddefdd671888e7a0d5b0f71b262cc37070',
    ],
  },
  {
    pattern: 'waves',
    seed: 2463536321,
    width: 65,
    height: 64,
    quality: [71, 71],
    referenceCpp: 'e1ea0c1770eac717fc7a3183ec3ac183963e2ca3011eab31536eaf58eaba5554',
    fullRes: [
      'e1ea0c1770eac717fc7a3183ec3ac183963e2ca3011eab31536eaf58eaba5554',
      '1b9644f0ae5693760a56053a109e4ac2854257f2aadaa548aaaeaf56ffeaaaaf',
      '203f24a5202f6d21a92f8929b96f6329c36b0609544b019b063b05f2bfeffffe',
      '0e83ee5afb0339dc1e030f9001cbc0685017fd58ff8f0fe2affb05fcaabf0005',
      '616a61e0706a38e0fc7acc7cec3a367c963e535c011e54ce536e10a7eabaaaab',
      '30bf4142203f9242a92f64d6b96f94d6c36b79f6544bfe64063bba0dbfef0001',
      '9b96bb0bae562c894a565ac5109e953da542a80daada5ab7aaae50a9ffea5550',
      '0e8311a1fb0302231e03506f01cb1f97401702a7ff8f801daffbea03aabffffa',
    ],
  },
  {
    pattern: 'disc',
    seed: 2463539302,
    width: 160,
    height: 100,
    quality: [100, 100],
    referenceCpp: '79c398e3a59e899646798d9872633659a526666692d3878679791869879ea59e',
    fullRes: [
      '79c398e3a59e899646798d9872633659a526666692d3878679791869879ea59e',
      '74b371b6a3d93cd3d40cd22c0b724b24f43334934accc2d42d0fcf2cf2f334d3',
      '2c963349f0cb733c132c673227369cf3f073cdcccf860d2c2c2cb2c3d2cb4f34',
      '21e6cb1cf68c8679815978865e27a18ea1669e391f99687e785a6586a7a69a79',
      '79c3661ca59e2669467932667263c9a6a526989992d358797979e796879e1a61',
      '2c96cdb6f0cbdcc3132c98cd2736630cf0733233c786f2d32c2c4d3cd2cbb0cb',
      '74b38a48a3c9c32cd40c2dd30b72b49bf433cb6c4acc3d2b2d0f30d3f2f3cb2c',
      '21e634e3f68c7986817987795e275e71a16661c61f999781785a9a79a7a66186',
    ],
    turned: [
      '79c398e3a59e899646798d9872633659a526666692d3878679791869879ea59e',
      '30b38bcc89c8d22cd42c2ff32b72f48bf4b3cb4c4acc3d2b2d0f30f2b2f38b0c',
      '79c32618879e666966791066566389a6e5a699989e9658797979a796879e5a61',
      '21e6cb1cf68c8679815978865e27a18ea1669e391f99687e785a6586a7a69a79',
      '79c3661ca59e2669467932667263c9a6a526989992d358797979e796879e1a61',
      '79c319e0879e999666790d9856636659e5a666669e96868679795869879e859a',
      '74b38a48a3c9c32cd40c2dd30b72b49bf433cb6c4acc3d2b2d0f30d3f2f3cb2c',
      '21e69a99d88c867981797aa67a27a1cea1e69e191f99687e785a25a6a7a69a19',
    ],
  },
  {
    pattern: 'noise',
    seed: 2463538368,
    width: 129,
    height: 127,
    quality: [100, 100],
    referenceCpp: 'f1d940949919b988427990f2ed16bad9643c60eb71a3dae4604ba5697ea5bc9f',
    fullRes: [
      'f1d940949919b988427990f2ed16bad9643c60eb71a3dae4604ba5697ea5bc9f',
      'b715356793efcacc3312fd7901104ddb557272ab0cd2107eb98dbd6c06695690',
      'b48cea3ecc4c9322172c3a58b84310f33169cacb64f670ce355e0fe36bf11eb5',
      'e2409fcdc6ba6067664757d35445e7710027d9015987bad4ecd817c6533cfc3a',
      'e159bf6b9919467740796f0ded164566643cdf1c3183251b600b5ab63ca55fe0',
      'b40c15c1cc4cecdd152cc5a7b843ef8c316975b664d68fb1355ef01c69f0e54a',
      'b715cafa93efb533331302870912b224d5738d5c0cf6ef81b9cd42930669a96f',
      'f2406072c6ba9f996647a82d5c47188e817727fe59a7452becd8e839537c03c7',
    ],
  },
  {
    pattern: 'ramp',
    seed: 2463537388,
    width: 37,
    height: 1999,
    quality: [29, 41],
    referenceCpp: 'f75508aa0aaaf55dd55528aa0aaaf555d5552aaa08aad75dd5552aab2aaabab0',
    fullRes: [
      'e7dff7550a2a047372e20205f75de5d508aab65914289891f55f755408a9ad9f',
      'c75934f3cb4db58338932c92efc83cf28bbb24b338e22ca2aaeb38f2b889a8a4',
      '10805dff5d7da2d0269728a7a2084d7f5dff1853403d023ba00adffe5d7c0735',
      '960c9e599e181e2975c68638ba1d9618dece8e196df78608f7be9258eddc820e',
      'e7df08aa0a2afb8c72e2fdfaf7dd082a08aa48a61428676ef7df8aab08a95260',
      'b28ba2005f7f59262fbfd750a288b2805fffe32c41fdcdc4a28a20015dfcf8ca',
      'c359cb0ccb4d4a7c2093d36dee40c30d8993db4c38a2d35da2ebc70db889d75b',
      '120c61a61e08e0c665c669871a156187dc8471c665b779f763be6da74ddc6df1',
    ],
  },
  {
    pattern: 'noise',
    seed: 7,
    width: 4,
    height: 100,
    quality: [0, 0],
    referenceCpp: '0000000000000000000000000000000000000000000000000000000000000000',
    fullRes: [
      '0000000000000000000000000000000000000000000000000000000000000000',
      '0000000000000000000000000000000000000000000000000000000000000000',
      '0000000000000000000000000000000000000000000000000000000000000000',
      '0000000000000000000000000000000000000000000000000000000000000000',
      '0000000000000000000000000000000000000000000000000000000000000000',
      '0000000000000000000000000000000000000000000000000000000000000000',
      '0000000000000000000000000000000000000000000000000000000000000000',
      '0000000000000000000000000000000000000000000000000000000000000000',
    ],
  },
];

/** Where an implementation of `URL` may go wrong: names and addresses, dot segments, percent-encoding (docs/urls.md). */
export const URL_VECTORS: readonly (readonly [url: string, canonical: string])[] = [
  ['HTTPS://u:p@Bücher.Faß.Example.:443/a/%2e%2e/%7eb?#c', 'https://xn--bcher-kva.xn--fa-hia.example/~b'],
  ['http:\\\\0x7f.1\\b', 'http://127.0.0.1/b'],
  ['http://[::FFFF:127.0.0.1]:8080', 'http://127.0.0.1:8080/'],
  ["a。example/|^'é%zz?|^'é%2f", "http://a.example/%7C%5E'%C3%A9%25zz?%7C%5E%27%C3%A9%2F"],
];
