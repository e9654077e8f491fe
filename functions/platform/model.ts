import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  type ConverseCommandOutput,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** What a model is asked: a role, the turns of a conversation, and the JSON its last answer is to be. */
export interface Question {
  system: string;
  turns: { role: 'user' | 'assistant'; text: string }[];
  /** A JSON schema of objects, strings, numbers and enums; services of structured output know little more. */
  schema: object;
}

/**
 * What came back. `answer`: text, or an object where the service has parsed it; `stopped`: the service or the model will not answer this;
 * `unavailable`: it may, later, or once somebody has seen to it (`why` is `broken`). `billed`: whether the call is on the bill, as far as one can know.
 */
export type Reply =
  | { kind: 'answer'; answer: unknown; text: string; complete: boolean; billed: true }
  | { kind: 'stopped'; reason: string; billed: true }
  | { kind: 'unavailable'; reason: string; why: 'broken' | 'throttled' | 'slow' | 'away'; billed: boolean };

/** Words of metadata need a few hundred; an answer that goes on is cut off. */
const MAX_TOKENS = 1_200;
const TOOL = 'describe_version';

/** How an answer is held to its schema, the strictest first: by the service, by a tool's input, by the prompt alone. */
const WAYS = ['schema', 'tool', 'text'] as const;
type Way = (typeof WAYS)[number];

/** One model of Amazon Bedrock, asked with Converse. */
export class Model {
  readonly #id: string;
  readonly #client: BedrockRuntimeClient;
  /** The strictest way this model is known to take. A refused request costs nothing. */
  #strictest = 0;
  /** Newer models reject the parameter `temperature`. */
  #temperature = true;

  constructor(
    id: string,
    client = new BedrockRuntimeClient({
      // The queue asks again, with a back-off; retries here would be billed beyond the two calls a version has.
      maxAttempts: 1,
      // The client's own handler speaks HTTP/2, for streams.
      requestHandler: new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 60_000 }),
    }),
  ) {
    this.#id = id;
    this.#client = client;
  }

  /** Asks once, and gives up when `signal` says so. Never throws. */
  async ask(question: Question, signal: AbortSignal): Promise<Reply> {
    let refusal: unknown;
    for (let way = this.#strictest; way < WAYS.length; ) {
      try {
        const input = inputOf(this.#id, question, WAYS[way] as Way, this.#temperature);
        const output = await this.#client.send(new ConverseCommand(input), { abortSignal: signal });
        this.#strictest = way;
        return replyOf(output);
      } catch (error) {
        if ((error as Error)?.name !== 'ValidationException') return unavailable(error, signal);
        refusal = error;
        if (this.#temperature && /temperature/i.test((error as Error).message)) this.#temperature = false;
        else way++;
      }
    }
    return unavailable(refusal, signal);
  }
}

function inputOf(
  modelId: string,
  { system, turns, schema }: Question,
  way: Way,
  temperature: boolean,
): ConverseCommandInput {
  const input: ConverseCommandInput = {
    modelId,
    system: [{ text: system }],
    messages: turns.map(({ role, text }) => ({ role, content: [{ text }] })),
    inferenceConfig: { ...(temperature ? { temperature: 0 } : {}), maxTokens: MAX_TOKENS },
  };
  if (way === 'schema') {
    const jsonSchema = { name: TOOL, schema: JSON.stringify(schema) };
    return { ...input, outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } } };
  }
  if (way === 'tool') {
    // The SDK's type of a JSON document is narrower than `object`.
    const json = schema as never;
    const toolSpec = { name: TOOL, description: 'Takes the description of the version.', inputSchema: { json } };
    return { ...input, toolConfig: { tools: [{ toolSpec }], toolChoice: { tool: { name: TOOL } } } };
  }
  return input;
}

/** Converse's stop reasons for what nobody will answer, however often they are asked. */
const REFUSALS: Record<string, string> = {
  content_filtered: 'a filter of the model stopped it',
  guardrail_intervened: 'a guardrail stopped it',
};

function replyOf({ output, stopReason }: ConverseCommandOutput): Reply {
  const reason = REFUSALS[stopReason ?? ''];
  if (reason !== undefined) return { kind: 'stopped', reason, billed: true };
  const content = output?.message?.content ?? [];
  const text = content.flatMap((block) => block?.text ?? []).join('');
  const used = content.find((block) => block?.toolUse !== undefined)?.toolUse?.input;
  return { kind: 'answer', answer: used ?? text, text, complete: stopReason !== 'max_tokens', billed: true };
}

/** What a person has to see to, by the error's name; until then every call fails the same way. */
const BROKEN: Record<string, string> = {
  AccessDeniedException: 'the model may not be invoked: enable access to it in Bedrock, in this region',
  ResourceNotFoundException: 'there is no such model: check the context key modelId',
  ValidationException: 'the model refuses every way of asking: check the context key modelId',
  UnrecognizedClientException: 'the credentials for the model are refused',
};

function unavailable(error: unknown, signal: AbortSignal): Reply {
  const { name = '', $metadata } = (error ?? {}) as { name?: string; $metadata?: { httpStatusCode?: number } };
  const broken = BROKEN[name];
  if (broken !== undefined) return { kind: 'unavailable', reason: broken, why: 'broken', billed: false };
  // A call that was given up may have been answered by then.
  if (signal.aborted || /^(AbortError|TimeoutError|ModelTimeoutException)$/.test(name))
    return { kind: 'unavailable', reason: 'the model took too long', why: 'slow', billed: true };
  if (name === 'ThrottlingException' || name === 'ServiceQuotaExceededException' || $metadata?.httpStatusCode === 429)
    return { kind: 'unavailable', reason: 'the model is throttled', why: 'throttled', billed: false };
  // An answer that cannot be read was one.
  const billed = $metadata?.httpStatusCode === 200;
  return { kind: 'unavailable', reason: 'the model cannot be reached', why: 'away', billed };
}
