/** What every entry offers besides `load`: the public types and the few values that need no backend. */
export type { PdqMode } from '../backend.js';
export type {
  Bank,
  BankDamage,
  BankEntry,
  BankList,
  BankStatus,
  BankTarget,
  Canary,
  Decision,
  FeedbackQueue,
  FileImport,
  FileReport,
  ImportOptions,
  ListOptions,
  ListStatus,
  OpenBankOptions,
  OwnOpinion,
  PendingFeedback,
  PostgresTarget,
  Quarantined,
  SendFeedbackOptions,
  SendFeedbackProgress,
  SendFeedbackReport,
  SignalCounts,
  StatusOptions,
  SyncOptions,
} from '../bank/bank.js';
export type { Exchange, Feedback, FetchOptions } from '../bank/exchange.js';
export type { BankRecord, Checkpoint, Json, Opinion, OpinionValue, RecordBatch, RecordProblem } from '../bank/record.js';
export type { SyncProgress, SyncReport } from '../bank/report.js';
export { BANK_SIGNALS, type BankSignal, SIGNAL_BYTES, type Signal } from '../bank/signal.js';
export type {
  ExpireOptions,
  KeepOptions,
  KeptUpload,
  Rematch,
  RematchOptions,
  RematchProgress,
  UploadStatus,
  Uploads,
} from '../bank/uploads/upload.js';
export type { BackendInfo, Egide } from '../egide.js';
export { EgideError, type ErrorCode } from '../errors.js';
export type { DigestOptions, Digests, DigestType } from '../hash/digests.js';
export { digestToHex, hashToBase64, hashToHex, parseDigest, parseHash } from '../hash/encoding.js';
export {
  ORIENTATIONS,
  type Orientation,
  PDQ_MIN_QUALITY,
  PDQ_MIN_SIDE,
  type Pdq,
  type PdqAsyncHashOptions,
  type PdqHash,
  type PdqOptions,
  type PdqOrientations,
  pdqDistance,
} from '../hash/pdq.js';
export { IPED_PHOTODNA_MAX_DISTANCE, MAX_PHOTODNA_DISTANCE, PHOTODNA_BYTES, photoDnaDistance } from '../hash/photodna.js';
export {
  CANONICAL_URL_VERSION,
  type CanonicalUrl,
  type CanonicalUrlOptions,
  canonicalUrl,
  MAX_URL_LENGTH,
  TRACKING_PARAMETERS,
} from '../hash/url.js';
export { urlMd5Compat } from '../hash/url-md5.js';
export type { DecodeLimits, DecodeOptions } from '../image/decoder.js';
export type { DecodeProfile, Image, ImageInit } from '../image/image.js';
export { DEFAULT_LIMITS } from '../image/limits.js';
export type { Input } from '../input.js';
export { type HmaOptions, hmaExchange } from '../list/exchanges/hma.js';
export {
  NCMEC_ENVIRONMENTS,
  type NcmecEnvironment,
  type NcmecExchange,
  type NcmecOptions,
  type NcmecReason,
  type NcmecStatus,
  ncmecExchange,
} from '../list/exchanges/ncmec.js';
export { NCMEC_FINGERPRINTS, type NcmecFingerprint } from '../list/exchanges/ncmec-feedback.js';
export {
  credentialVariable,
  EXCHANGES,
  type ExchangeField,
  type ExchangeKind,
  exchangeOf,
  type Texts,
} from '../list/exchanges/registry.js';
export { type StopNciiExchange, type StopNciiOptions, type StopNciiSubmission, stopNciiExchange } from '../list/exchanges/stopncii.js';
export { type TechAgainstTerrorismOptions, techAgainstTerrorismExchange } from '../list/exchanges/tech-against-terrorism.js';
export { type ThreatExchangeOptions, threatExchange } from '../list/exchanges/threatexchange.js';
export { BANK_FORMATS, type BankFormat } from '../list/formats/format.js';
export { WRITABLE_FORMATS, type WritableFormat } from '../list/formats/writer.js';
export type { EntryRef, HashList, ImportReport, Refusal, SearchableList, SignalType } from '../list/hash-list.js';
export type { Fetch, FetchAnswer, FetchInit, HttpOptions } from '../list/http-client.js';
export type { ListFormat, ListProgress, ReadListOptions } from '../list/read-hash-list.js';
export type { ReadRecordsOptions, RecordsReport } from '../list/read-records.js';
export type { ReadUrlOptions, UrlRuleList } from '../list/url-rules.js';
export { type RecordsWriting, type WriteRecordsOptions, type WriteReport, writeRecords } from '../list/write-records.js';
export type { BuildPatchOptions } from '../patch/build-patch-index.js';
export type { ColourFit } from '../patch/cells.js';
export type { PatchTools } from '../patch/create-patches.js';
export type { Homography, Point } from '../patch/geometry.js';
export type {
  AddPatchOptions,
  LivePatchIndex,
  LivePatchOptions,
  MergePatchOptions,
  RemovedPatches,
} from '../patch/live-patch-index.js';
export type { MatchOptions } from '../patch/match.js';
export type { PatchHit, PatchIndex, PatchSearchOptions, PatchSearchResult } from '../patch/patch-index.js';
export type { CellMap, CellState, CopyShape, PatchMatch, PatchPair, PatchTier } from '../patch/patch-match.js';
export type { ExtractOptions, Feature, Patches, PatchUse } from '../patch/patches.js';
export type { MapOptions, PictureMap } from '../patch/picture-map.js';
export type { PatchProfile, PatchRecord, Protection, RecordOptions } from '../patch/record.js';
export type { PatchStep } from '../patch/rungs.js';
export type { BuildDigestOptions } from '../search/build-digest-index.js';
export type { BuildPdqOptions } from '../search/build-pdq-index.js';
export type { BuildUrlOptions, WrittenUrlRule } from '../search/build-url-index.js';
export type { DigestHit, DigestIndex, StoredDigest } from '../search/digest-index.js';
export type { BuildOptions, CheckOptions, IndexStorage, SaveOptions } from '../search/index-bytes.js';
export type { LiveSearchResult, PdqSnapshot } from '../search/live-generation.js';
export type { MergeOptions } from '../search/live-merge.js';
export type { LiveOptions, LivePdqIndex, SharedPdqIndex } from '../search/live-pdq-index.js';
export type { Hit, PdqIndex, QueryHit, SearchOptions, SearchResult } from '../search/pdq-index.js';
export type { PhotoDnaHit, PhotoDnaIndex, PhotoDnaSearchOptions, PhotoDnaSearchResult } from '../search/photodna-index.js';
export type { StoredIndex } from '../search/stored-index.js';
export { type UrlHashing, type UrlHit, type UrlQuery, type UrlRow, urlQuery } from '../search/url-hashing.js';
export type { UrlIndex } from '../search/url-index.js';
export { MAX_PREFIX_FOLDERS, parseUrlRule, type UrlRule, type UrlRuleKind, type UrlRuleOptions } from '../search/url-rule.js';
export type { SelfTestDetail, SelfTestReport } from '../self-test/self-test.js';
export type { Flood } from '../shield/flood-guard.js';
export type { GivenSignal, SignalVerdict, UploadSignals } from '../shield/look-up.js';
export type { PatchList } from '../shield/patch-list.js';
export {
  checkPolicy,
  defaultPolicy,
  type FloodPolicy,
  type ListPolicy,
  type MatchActions,
  type Policy,
  type PolicyActions,
  type Thresholds,
} from '../shield/policy.js';
export { type Arachnid, type ArachnidOptions, arachnidShield } from '../shield/remote/arachnid.js';
export type { ArachnidAnswer } from '../shield/remote/arachnid-answer.js';
export { type HmaLookup, type HmaLookupOptions, type HmaMatch, hmaLookup } from '../shield/remote/hma.js';
export type {
  ClassificationActions,
  LookUpOptions,
  RemoteDetail,
  RemoteFinding,
  RemoteList,
  RemoteService,
} from '../shield/remote/remote-service.js';
export type { ScanOptions, ScanProgress } from '../shield/scan.js';
export type { UrlMatch, UrlVerdict } from '../shield/scan-url.js';
export type { Shield, ShieldOptions, ShieldParts } from '../shield/shield.js';
export type { UrlList } from '../shield/url-list.js';
export {
  type Action,
  type ExactMatch,
  type GivenHashMatch,
  type ListMatch,
  MAX_MATCHES,
  type Match,
  type NearMatch,
  type Outcome,
  type PartialMatch,
  type PatchEvidence,
  type PhotoDnaMatch,
  type Problem,
  type ProblemCode,
  type RemoteMatch,
  type Verdict,
  type View,
} from '../shield/verdict.js';
export type { BankSnapshotOptions, OpenSearchableBankOptions, SearchableBank } from '../snapshot/bank-snapshots.js';
export type { OpenPartOptions } from '../snapshot/open-part.js';
export type { OpenSnapshotOptions } from '../snapshot/open-snapshot.js';
export type { SavedSnapshot } from '../snapshot/save-snapshot.js';
export type { CurrentSnapshot, ListSearch, Snapshot, SnapshotList } from '../snapshot/snapshot.js';
export type { SnapshotListeners } from '../snapshot/snapshot-file.js';
export type { SnapshotWatch, WatchSnapshotOptions } from '../snapshot/watch-snapshot.js';
export type { SnapshotProgress, WriteSnapshotOptions } from '../snapshot/write-snapshot.js';
