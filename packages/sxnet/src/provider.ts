import type { ProviderError } from "./errors.js";
import type { HttpRequest } from "./http.js";
import type { ModelInfo, ModelTable } from "./models.js";
import type { PrefixCache, PrefixCacheContext, RemotePrefix } from "./prefix-cache.js";
import type { SseFrame } from "./sse.js";
import type { AccessCredential, ChatRequest, Limits, Settings, StreamEvent, TurnResult } from "./types.js";

/** One answer under way: iterate it for its events, or await `result()`, or both. */
export interface Turn extends AsyncIterable<StreamEvent> {
  /**
   * The whole answer. Without an iterator it reads the stream itself; with one it settles when the iteration ends.
   * Rejects with the same error that the iteration threw.
   */
  result(): Promise<TurnResult>;
}

export interface Provider {
  readonly name: string;
  /**
   * Ends in exactly one of three ways: a `done` event, a thrown ProviderError, or the signal's abort reason. A stream
   * that merely stops is the error `stream_incomplete`, never an answer. Leaving the loop early ends the request.
   */
  stream(request: ChatRequest, options?: { readonly signal?: AbortSignal | undefined }): Turn;
  /**
   * The models that the service offers this credential, from the service itself; `undefined` where it has no such list.
   * @throws ProviderError, or the signal's reason.
   */
  listModels?(options?: CallOptions): Promise<readonly ListedModel[]>;
  /** Rate-limit windows as of now, from the service; absent where it tells them only with an answer. */
  readLimits?(options?: CallOptions): Promise<Limits>;
  /** What is taken of an image; of the router: what all take that may answer. Nothing is sent for it. */
  readImageLimits?(): Promise<ImageLimits>;
  /** Ends idle connections and removes what was stored at the service, in bounded time. The provider stays usable. */
  close(): Promise<void>;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A model as the service lists it: its id for certain, the rest where it is told. */
export type ListedModel = Pick<ModelInfo, "id"> & Partial<ModelInfo>;

/** What a provider file exports: a table of pure functions. It never fetches, sleeps, retries or reads a clock. */
export interface ProviderSpec {
  readonly name: string;
  /** Whether requests carry what `getCredential` returns; otherwise keys come from the settings. */
  readonly usesCredential: boolean;
  /** What is known of its models without asking it. */
  readonly models: ModelTable;
  /**
   * The model that a word names, for a service whose address decides which models there are. Default: the table.
   * @throws ProviderError `model_unavailable`
   */
  resolve?(word: string, settings: Settings): ModelInfo;
  /** What the service takes of an image. */
  readonly images: ImageLimits;
  /** @throws ProviderError `configuration`, `model_unavailable` or `invalid_request` before anything is sent. */
  buildRequest(request: ChatRequest, context: RequestContext): HttpRequest;
  /** One for each answer; its state lives inside. */
  createMapper(request: ChatRequest, settings: Settings): StreamMapper;
  /** What the headers of a good answer already tell, for example rate limits. */
  mapHeaders?(headers: Readonly<Record<string, string>>, nowMs: number): readonly StreamEvent[];
  readError(answer: FailedAnswer): ProviderError;
  /** The service's list of models. */
  readonly modelList?: SideRequest<readonly ListedModel[]>;
  /** True where only the service knows its models: an unknown one is then answered with the names in its list. */
  namesModels?(settings: Settings): boolean;
  /** Longest silence of an answer in milliseconds, where it is not the usual one. */
  idleTimeoutMs?(settings: Settings): number | undefined;
  /** The service's account of the limits. */
  readonly limits?: SideRequest<Limits>;
  /** For a service that stores the beginning of conversations; one for each provider, `undefined` when it is not wanted. */
  createPrefixCache?(context: PrefixCacheContext): PrefixCache | undefined;
}

export interface StreamMapper {
  /** @throws ProviderError for an error inside the stream, or a frame that is not the wire format */
  map(frame: SseFrame): readonly StreamEvent[];
  /**
   * Called once, when the body ended properly and no `done` had come: formats without a closing event say it here.
   * Nothing, or no such function: the answer was cut.
   */
  end?(): readonly StreamEvent[];
}

/** A request beside the conversation, and how its JSON answer is read. */
export interface SideRequest<Value> {
  build(context: RequestContext): HttpRequest;
  /** @throws ProviderError `protocol` when it is not what was asked for */
  read(body: unknown, nowMs: number): Value;
}

/** Of what an image may be like, and of all images of one request. Bytes are those of the images, not their base64. */
export interface ImageLimits {
  readonly mediaTypes: readonly string[];
  /** Largest image. */
  readonly maxBytes: number;
  /** Longest edge in pixels that the model sees. */
  readonly maxEdgePixels: number;
  /** What the service does with longer edges: it refuses the request, or scales the image by itself. */
  readonly longerEdges: "refused" | "scaled";
  /** Most bytes of all images of a request, where it is known; above it the oldest are left out. */
  readonly maxTotalBytes?: number;
  /** Most images of a request, where it is known; above it the oldest are left out. */
  readonly maxImages?: number;
  /** With more images than these, longer edges than these are refused. */
  readonly crowd?: { readonly images: number; readonly maxEdgePixels: number };
}

export interface RequestContext {
  readonly settings: Settings;
  /** Present when the provider uses one. */
  readonly credential: AccessCredential | undefined;
  readonly userAgent: string;
  /** The beginning of this conversation that the service has stored, when a prefix cache found one. */
  readonly prefix?: RemotePrefix | undefined;
}

/** An HTTP answer that is not a stream. */
export interface FailedAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** At most the first 64 KiB. */
  readonly body: string;
  /** Wall clock in Unix milliseconds when the answer came, for dates and delays in it. */
  readonly nowMs: number;
}
