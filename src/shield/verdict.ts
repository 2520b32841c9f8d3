import type { PdqMode } from '../backend.js';
import type { ErrorCode } from '../errors.js';
import type { Orientation } from '../hash/pdq.js';
import type { DecodeProfile } from '../image/image.js';
import type { EntryRef } from '../list/hash-list.js';
import type { PatchMatch } from '../patch/patch-match.js';
import type { PatchStep } from '../patch/rungs.js';
import type { RemoteDetail } from './remote/remote-service.js';

/** What to do with an upload. `hold`: keep it from view until a person has looked. */
export type Action = 'allow' | 'hold' | 'block';

/** The four answers, which are never confused. */
export type Outcome = 'match' | 'no-match' | 'not-hashable' | 'could-not-tell';

/**
 * Which pixels a hash was made from: as stored in the file (colours without regard to alpha), turned the way EXIF asks for, of a
 * picture with transparent parts, as it looks (upright) on a white or on a black page; or of what is (upright) inside a frame.
 */
export type View = 'stored' | 'upright' | 'on-white' | 'on-black' | 'trimmed';

/**
 * Matches of one signal that a verdict names of one list: more tell a person nothing new, and a list may have one hash 100,000 times
 * (our own choice).
 */
export const MAX_MATCHES = 1_000;

interface MatchBase {
  readonly entry: EntryRef;
  /** What the policy says for a match of this kind on this list. */
  readonly action: Action;
  /** Present if the entry matches more than the policy's `flood` believes: the action is then no more than `hold`. */
  readonly flood?: true;
}

/** The file is, byte for byte, one that the list names. */
export interface ExactMatch extends MatchBase {
  readonly kind: 'exact';
  readonly signal: 'md5' | 'sha1' | 'sha256';
}

/** The picture's perceptual hash is near one that the list names. */
export interface NearMatch extends MatchBase {
  readonly kind: 'near';
  readonly signal: 'pdq';
  /** Bits that differ, 0 to 256. */
  readonly distance: number;
  /** The policy's threshold in bits that let this pass. */
  readonly maxDistance: number;
  /** How the upload would have to be turned to lie on the listed picture. */
  readonly orientation: Orientation;
  /** Whether light and dark are swapped. */
  readonly negative: boolean;
  readonly view: View;
  /** Frame of an animation, from 0. */
  readonly frame: number;
  /** Quality of the upload's hash, 0 to 100. */
  readonly quality: number;
  readonly mode: PdqMode;
}

/** A PDQ hash that the caller brought is near one that the list names. */
export interface GivenHashMatch extends MatchBase {
  readonly kind: 'near';
  readonly signal: 'pdq';
  /** Bits that differ, 0 to 256. */
  readonly distance: number;
  /** The policy's threshold in bits that let this pass. */
  readonly maxDistance: number;
  /** Which of the hashes that were given, from 0. */
  readonly given: number;
  /** Whether light and dark are swapped. */
  readonly negative: boolean;
}

/** The PhotoDNA hash that the caller brought is near one that the list names. */
export interface PhotoDnaMatch extends MatchBase {
  readonly kind: 'near';
  readonly signal: 'photodna';
  /** Squared Euclidean distance, 0 to 9,363,600. */
  readonly distance: number;
  /** The policy's threshold that let this pass. */
  readonly maxDistance: number;
}

/** What of a {@link PatchMatch} a verdict tells. Places are in pixels of the upright pictures. */
export type PatchEvidence = Pick<
  PatchMatch,
  | 'tier'
  | 'score'
  | 'log10FalseAlarms'
  | 'inliers'
  | 'distinctive'
  | 'visible'
  | 'share'
  | 'description'
  | 'label'
  | 'copy'
  | 'toReference'
  | 'regionInQuery'
  | 'regionInReference'
>;

/** A part of the picture is a copy of a part of one that the list names, or of all of it. */
export interface PartialMatch extends MatchBase, PatchEvidence {
  readonly kind: 'partial';
  readonly signal: 'patches';
  readonly view: View;
  /** Frame of an animation, from 0. */
  readonly frame: number;
  /** The step that found it. */
  readonly step: PatchStep;
}

/** A service that was asked over the network knows the file, or something like it. */
export interface RemoteMatch extends MatchBase {
  readonly kind: 'remote';
  readonly signal: 'remote';
  /** What the service was sent: PDQ hashes, or the file itself. */
  readonly sent: 'pdq' | 'media';
  /**
   * Its list is the name of the service, its category the service's own word for what it is: a class, or a bank. Its id is the service's own
   * key or, where it tells none, that word again.
   */
  readonly entry: Required<EntryRef>;
  readonly matchType: 'exact' | 'near';
  /** Bits that differ, 0 to 256, where the service tells. */
  readonly distance?: number;
  /** Of PDQ hashes: the frame that was hashed, from 0. */
  readonly frame?: number;
  /** Of PDQ hashes: the pixels that were hashed. */
  readonly view?: View;
  /** What it is like, as the service tells it; never with a digest. */
  readonly details: readonly RemoteDetail[];
}

/** One hit on a list, with its evidence. It never carries the hash of listed material. */
export type ListMatch = ExactMatch | NearMatch | PhotoDnaMatch | PartialMatch;

/** One hit, on a list or by a service. */
export type Match = ListMatch | RemoteMatch;

/**
 * Why a part of the work gave no answer: the code of the error that ended it, or
 *
 * - `LOW_QUALITY`: a frame has too little in it for its hash to be looked up.
 * - `TOO_SMALL`: a frame has a side under five pixels.
 * - `FEW_FEATURES`: a frame has too little in it for patches of it to be found.
 * - `FRAMES_LEFT_OUT`: the animation has more frames than the limit.
 * - `OUT_OF_TIME`: the time that a scan may take was over before every step was begun.
 * - `STALE_LIST`: a list of the snapshot is older than the policy allows.
 * - `NOT_ASKED`: a list holds none of the signals that were given.
 * - `NO_BYTES`: a list holds nothing but digests, or a service is sent the file, and pixels were given instead of one.
 * - `MATCHES_LEFT_OUT`: a list has more matches than a verdict names, or resembles the picture in more places than a search of patches compares; those that are named are the strongest.
 */
export type ProblemCode =
  | ErrorCode
  | 'LOW_QUALITY'
  | 'TOO_SMALL'
  | 'FEW_FEATURES'
  | 'FRAMES_LEFT_OUT'
  | 'OUT_OF_TIME'
  | 'STALE_LIST'
  | 'NOT_ASKED'
  | 'NO_BYTES'
  | 'MATCHES_LEFT_OUT';

/** A part of the work that gave no answer, and why. */
export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  /** Frame of an animation, from 0; absent when it concerns the whole file. */
  readonly frame?: number;
  /** Name of the service that gave no answer, if it is about one. */
  readonly service?: string;
}

/** What was found out about one upload, what the policy makes of it, and everything needed to check that again. */
export interface Verdict {
  readonly action: Action;
  readonly outcome: Outcome;
  /** One sentence a person can read. */
  readonly summary: string;
  /**
   * Strongest first: exact before near before partial before what services say, near by distance (PDQ before PhotoDNA), partial by tier and
   * distinctive features, then in the order of the lists. One per entry and signal, and of one list at most {@link MAX_MATCHES} of one signal.
   */
  readonly matches: readonly Match[];
  /** Why parts of the work gave no answer, or are not told; empty when everything was looked at. */
  readonly problems: readonly Problem[];
  /** What was looked at. Sizes are absent if nothing was decoded. */
  readonly input: {
    /** Bytes of the file, or of the pixels if those were given; 0 if it could not be read. */
    readonly byteLength: number;
    readonly format?: string;
    /** How the pixels were decoded (docs/images.md). */
    readonly profile?: DecodeProfile;
    /** Pixels, as stored. */
    readonly width?: number;
    /** Pixels, as stored. */
    readonly height?: number;
    readonly frameCount?: number;
    readonly framesHashed: number;
    /** Best quality of any frame, 0 to 100. */
    readonly quality?: number;
  };
  /** The policy's own version text. */
  readonly policyVersion: string;
  /** The snapshot that was searched, if one was: {@link Snapshot}. From it, and the same policy, the same verdict follows again. */
  readonly snapshot?: { readonly id: string; readonly createdAt: number; readonly change: number };
  /** The lists that were searched. */
  readonly lists: readonly { readonly name: string; readonly entries: number }[];
  /** The banks of patches that were searched, and how many pictures are in them. */
  readonly patches: readonly { readonly name: string; readonly pictures: number }[];
  /** The services that were asked, what left this machine, and whether there was an answer that could be used. */
  readonly remote: readonly { readonly name: string; readonly host: string; readonly sent: 'pdq' | 'media'; readonly answered: boolean }[];
  /** Milliseconds spent in each part; what is left of the total is bookkeeping. */
  readonly timings: {
    /** Reading the input, or copying it. */
    readonly readMs: number;
    readonly digestMs: number;
    readonly decodeMs: number;
    readonly hashMs: number;
    readonly searchMs: number;
    /** Extracting patches and looking them up. */
    readonly patchMs: number;
    /** Asking services. */
    readonly remoteMs: number;
    readonly totalMs: number;
  };
}
