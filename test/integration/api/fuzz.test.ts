import fc from 'fast-check';
import { ulid } from 'ulid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signedClient } from '../../../functions/api-client/client.ts';
import { signedFetch } from '../../../infra/local/signed-fetch.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { LONG, runs } from '../../support/effort.ts';
import {
  bodyMisfit,
  type Draft,
  hostileDraft,
  type Known,
  nearlyValidDraft,
  validDraft,
} from '../../support/fuzzed-request.ts';
import { type HttpAnswer, type HttpRequest, send, signed } from '../../support/http.ts';
import { startTestStack } from '../../support/local-stack.ts';
import { deviations, operations } from '../../support/openapi.ts';

const AT_ONCE = 20;
const REQUESTS = LONG ? 20_000 : 400;
const OWNER = 'owner';

let stack: LocalStack;
let close: () => Promise<void>;
let token: string;
const known: Known = { projects: ['shop', 'shop', 'shop', 'shop', 'theirs', 'nowhere'], versions: [] };

beforeAll(async () => {
  ({ stack, close } = await startTestStack());
  token = await stack.mintToken({ subject: OWNER });
  const pipeline = signedClient(stack.endpoints.api, async (request) =>
    signedFetch(request.method, request.url, await request.text(), 'application/json'),
  );
  for (const [projectId, userId] of [...Array(6).fill(['shop', OWNER]), ['theirs', 'another']] as [string, string][]) {
    const versionId = ulid();
    known.versions.push(versionId);
    const path = { projectId, versionId };
    await pipeline.POST('/pipeline/projects/{projectId}/versions', {
      params: { path: { projectId } },
      body: { versionId, userId, prompt: 'Build a shop' },
    });
    await pipeline.PATCH('/pipeline/projects/{projectId}/versions/{versionId}', {
      params: { path },
      body: { status: 'deployed', artifactUrl: 'https://artifacts.example.com/1' },
    });
  }
});
afterAll(() => close?.());

const written = ({ operation, path, query, headers, body, target }: Draft): HttpRequest => {
  const filled = operation.path.replace(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent((path[name] ?? '').toWellFormed()),
  );
  const search = new URLSearchParams(query).toString();
  return {
    method: operation.method,
    target: target ?? (search ? `${filled}?${search}` : filled),
    headers: latin(headers),
    body,
  };
};

/** Header values as HTTP carries them. */
const latin = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value).toString('latin1')]));

async function answerTo(draft: Draft): Promise<HttpAnswer> {
  const { api } = stack.endpoints;
  const request = written(draft);
  const { callers } = draft.operation;
  if (callers === 'iam') return send(api, await signed(api, request));
  const headers = callers === 'token' ? { ...request.headers, authorization: `Bearer ${token}` } : request.headers;
  return send(api, { ...request, headers });
}

/** What is wrong with an answer; nothing is what should be. */
function wrongs(draft: Draft, answer: HttpAnswer): string[] {
  const { status } = answer;
  const found = status >= 500 ? [`answered ${status}`] : [];
  // A path of its own may be another route's, or none's: the gateway then answers.
  if (draft.target !== undefined) return [...found, ...(status >= 400 ? errorForm(answer) : [])];
  found.push(...deviations(draft.operation, answer));
  if (draft.kind === 'valid' && [400, 413, 415].includes(status)) found.push(`refused what the document allows`);
  if (draft.kind === 'nearly valid' && status < 300 && bodyMisfit(draft) !== undefined) {
    found.push(`accepted what the document refuses: ${bodyMisfit(draft)}`);
  }
  return found;
}

/** Errors are problem documents where a function answers, and `{"message"}` where the gateway does. */
function errorForm({ headers, body, status }: HttpAnswer): string[] {
  const value = JSON.parse(body) as { status?: number; message?: string };
  const ours = headers['content-type'] === 'application/problem+json' && value.status === status;
  const gateways = headers['content-type'] === 'application/json' && Object.keys(value).join() === 'message';
  return ours || gateways ? [] : ['an error of no known form'];
}

test(`${REQUESTS} valid, nearly valid and hostile requests: no 5xx, every answer as the description says`, async () => {
  const seed = process.env.SEED ? Number(process.env.SEED) : Math.floor(Math.random() * 2 ** 31);
  console.log(`SEED=${seed}`);
  // The description itself is 2 MB of page and always the same.
  const drafts = fc.oneof(
    ...operations.map((operation) => ({
      weight: operation.callers === 'none' ? 1 : 10,
      arbitrary: fc.oneof(
        { weight: 2, arbitrary: validDraft(operation, known) },
        { weight: 1, arbitrary: nearlyValidDraft(operation, known) },
        { weight: 1, arbitrary: hostileDraft(operation, known) },
      ),
    })),
  );
  const seen: Record<string, number> = {};
  const outcome = await fc.check(
    fc.asyncProperty(fc.array(drafts, { minLength: AT_ONCE, maxLength: AT_ONCE }), async (batch) => {
      const answers = await Promise.all(batch.map(answerTo));
      for (const [index, draft] of batch.entries()) {
        const answer = answers[index] as HttpAnswer;
        const what = `${draft.kind} ${draft.operation.operationId} ${JSON.stringify(written(draft)).slice(0, 2_000)}`;
        expect(wrongs(draft, answer), `${what}\n${answer.status} ${answer.body.slice(0, 1_000)}`).toEqual([]);
        const outcome = `${draft.kind} ${Math.floor(answer.status / 100)}xx`;
        seen[outcome] = (seen[outcome] ?? 0) + 1;
      }
    }),
    { ...runs(1), numRuns: REQUESTS / AT_ONCE, seed, endOnFailure: true },
  );
  if (outcome.failed)
    throw new Error(`SEED=${seed}, after ${outcome.numRuns} batches`, { cause: outcome.errorInstance });
  console.log(seen);
  // Were all refused, nothing would have been tried.
  expect(seen['valid 2xx'] ?? 0).toBeGreaterThan(REQUESTS / 10);
});
