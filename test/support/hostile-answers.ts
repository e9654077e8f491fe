import fc from 'fast-check';
import type * as z from 'zod';
import type { scriptedAnswer } from '../../infra/local/model/answers.ts';

type Answer = z.input<typeof scriptedAnswer>;

const GOOD = {
  change_type: 'minor',
  version: null,
  name: 'Search',
  description: 'A search field.',
  breaking_risk: 'low',
  confidence: 0.7,
  reasoning: 'It adds a feature.',
};
const json = JSON.stringify(GOOD);
const saying = (over: object): Answer => ({ input: { ...GOOD, ...over } });
const without = (key: keyof typeof GOOD): Answer => {
  const { [key]: _, ...rest } = GOOD;
  return { input: rest };
};
const wrong = [null, true, 0, 85, -1, '', ' ', [], {}, 'x'.repeat(70_000), '\0', '\u2028', '\ud800'];
const numbers = ['99999999999.0.0', '1e3.0.0', 'v1.2.3', '01.1.1', '-1.0.0', '1.2', '2147483647.0.0', '0.0.0-\0'];

/** Answers nobody should give, by what they are. */
export const HOSTILE_ANSWERS: [string, Answer][] = [
  ...(Object.keys(GOOD) as (keyof typeof GOOD)[]).flatMap((key): [string, Answer][] => [
    [`without ${key}`, without(key)],
    ...wrong.map((value): [string, Answer] => [
      `${key} is ${(JSON.stringify(value) ?? '').slice(0, 30)}`,
      saying({ [key]: value }),
    ]),
  ]),
  ...numbers.map((version): [string, Answer] => [`version ${version}`, saying({ version })]),
  ['confidence "0.9"', saying({ confidence: '0.9' })],
  ['confidence 1.0000001', saying({ confidence: 1.0000001 })],
  ['confidence 1e999', { text: json.replace('0.7', '1e999') }],
  ['confidence NaN', { text: json.replace('0.7', 'NaN') }],
  ['change_type rollback', saying({ change_type: 'rollback' })],
  ['change_type MINOR', saying({ change_type: ' MINOR ' })],
  ['more keys', saying({ metadata_status: 'failed', version_id: 'x', user_id: 'mallory' })],
  [
    'prototype keys',
    { text: json.replace('{', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},') },
  ],
  ['keys twice', { text: json.replace('{', '{"change_type":"major",') }],
  ['a name of one emoji too many', saying({ name: '😀'.repeat(60) })],
  ['a halved emoji at the clip', saying({ name: `${'x'.repeat(99)}😀` })],
  ['right to left and control characters', saying({ name: '\u202eabc\u0007\u001b[31m', description: 'a\tb\r\nc' })],
  ['fenced', { text: `\`\`\`json\n${json}\n\`\`\`` }],
  ['fenced among words', { text: `Sure! Here it is:\n\`\`\`\n${json}\n\`\`\`\nAnything else?` }],
  ['among words', { text: `The answer is ${json}, as you asked.` }],
  ['two objects', { text: `${json}${json}` }],
  ['an array', { text: `[${json}]` }],
  ['a string of JSON', { text: JSON.stringify(json) }],
  ['single quotes', { text: json.replaceAll('"', "'") }],
  ['a comma too many', { text: json.replace('}', ',}') }],
  ['cut off', { text: json.slice(0, 40) }],
  ['cut off, and it says so', { text: json.slice(0, 40), stopReason: 'max_tokens' }],
  ['whole, but said to be cut off', { text: json, stopReason: 'max_tokens' }],
  ['a refusal in words', { text: 'I am sorry, but I cannot help with that.' }],
  ['nothing', { text: '' }],
  ['blanks', { text: ' \n ' }],
  ['a brace', { text: '{' }],
  ['braces the wrong way', { text: '}{' }],
  ['null', { text: 'null' }],
  ['a tool called with a text', { input: 'minor' }],
  ['a tool called with nothing', { input: null }],
  ['a megabyte of words', { text: 'x'.repeat(1_000_000) }],
  ['a megabyte of name', saying({ name: 'x'.repeat(1_000_000) })],
  ['nested ten thousand deep', { text: `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}` }],
  [
    'a tool called ten thousand deep',
    {
      body: `{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"t","name":"describe_version","input":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}}]}},"stopReason":"tool_use"}`,
    },
  ],
  ['a filter stopped it', { stopReason: 'content_filtered', text: '' }],
  ['a guardrail stopped it', { stopReason: 'guardrail_intervened', text: 'Blocked.' }],
  ['an unknown reason to stop', { stopReason: 'model_went_home', text: json }],
  ['malformed output', { stopReason: 'malformed_model_output', text: '' }],
  ['no output', { body: '{}' }],
  ['no message', { body: '{"output":{},"stopReason":"end_turn"}' }],
  ['no content', { body: '{"output":{"message":{"role":"assistant"}},"stopReason":"end_turn"}' }],
  ['empty content', { body: '{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"end_turn"}' }],
  ['content of null', { body: '{"output":{"message":{"role":"assistant","content":[null]}},"stopReason":"end_turn"}' }],
  ['content of images', { body: '{"output":{"message":{"content":[{"image":{"format":"png"}}]}}}' }],
  ['an array for an answer', { body: '[]' }],
  ['a number for an answer', { body: '7' }],
  ['no JSON', { body: '<html>502 Bad Gateway</html>' }],
  ['no JSON, and 200 says nothing of it', { body: '{"output":' }],
  ['an empty body', { body: '' }],
  ['bytes that are no UTF-8', { bodyBase64: '/////w==' }],
  ['a broken connection', { reset: true }],
  ...[
    ...['ThrottlingException', 'ModelNotReadyException', 'ServiceUnavailableException', 'InternalServerException'],
    ...['ModelTimeoutException', 'ModelErrorException', 'AccessDeniedException', 'ResourceNotFoundException'],
    ...['ValidationException', 'ServiceQuotaExceededException', 'ConflictException', 'NobodyKnowsException'],
  ].map((error): [string, Answer] => [error, { error, message: 'prompt: build me a shop', count: 3 }]),
  ['429 without a name', { status: 429, body: '' }],
  ['418', { status: 418, body: 'teapot' }],
  ['503 in HTML', { status: 503, body: '<html></html>' }],
];

/** Answers of the right form with anything in them. */
export const anyAnswer: fc.Arbitrary<Answer> = fc.oneof(
  fc.record({ input: fc.record(Object.fromEntries(Object.keys(GOOD).map((key) => [key, fc.anything()]))) }),
  fc
    .record({
      change_type: fc.constantFrom('major', 'minor', 'patch', 'none'),
      version: fc.oneof(fc.string(), fc.constantFrom(...numbers)),
      name: fc.string({ unit: 'binary' }),
      description: fc.string({ unit: 'binary', maxLength: 3_000 }),
      breaking_risk: fc.constantFrom('none', 'low', 'medium', 'high'),
      confidence: fc.double({ min: 0, max: 1, noNaN: true }),
      reasoning: fc.string({ unit: 'binary' }),
    })
    .map((input) => ({ input })),
  fc.string({ unit: 'binary' }).map((text) => ({ text })),
  fc.nat(json.length).map((length) => ({ text: json.slice(0, length) })),
  fc.json().map((body) => ({ body })),
);
