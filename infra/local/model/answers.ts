import * as z from 'zod';

const text = z.string().max(5_000_000);
const milliseconds = z.int().min(0).max(900_000);

/** One scripted answer, as a test or a `POST /_answers` gives it. Without any of its contents, the endpoint answers by itself. */
export const scriptedAnswer = z.strictObject({
  /** Only requests whose body holds this text. */
  match: z.string().optional(),
  /** How many requests it answers. */
  count: z.int().min(1).default(1),
  /** Waits before it answers. */
  delayMs: milliseconds.default(0),
  /** Never answers. */
  hang: z.boolean().default(false),
  /** Breaks the connection. */
  reset: z.boolean().default(false),
  /** What the model says. */
  text: text.optional(),
  /** What the model passes to the tool it was given. */
  input: z.unknown().optional(),
  stopReason: z.string().optional(),
  /** The name of an exception, such as `ThrottlingException`, with its status and message. */
  error: z.string().optional(),
  status: z.int().min(200).max(599).optional(),
  message: z.string().default('scripted'),
  /** The whole response body, as it is; in base64 where it is no text. */
  body: text.optional(),
  bodyBase64: text.optional(),
});

export type ScriptedAnswer = z.output<typeof scriptedAnswer>;

/** A request as the model got it. */
export interface ModelRequest {
  modelId: string;
  body: string;
}

/** The configured answers of the model, in the order in which they are matched, and the requests it got. */
export class Answers {
  readonly requests: ModelRequest[] = [];
  #scripted: ScriptedAnswer[] = [];

  add(answer: z.input<typeof scriptedAnswer>): void {
    this.#scripted.push(scriptedAnswer.parse(answer));
  }

  /** Forgets answers and requests. */
  clear(): void {
    this.#scripted = [];
    this.requests.length = 0;
  }

  list(): ScriptedAnswer[] {
    return this.#scripted;
  }

  /** The answer to a request, which then has one less to give. */
  take(request: ModelRequest): ScriptedAnswer | undefined {
    this.requests.push(request);
    const found = this.#scripted.find(({ match }) => match === undefined || request.body.includes(match));
    if (found && --found.count === 0) this.#scripted = this.#scripted.filter((answer) => answer !== found);
    return found;
  }
}
