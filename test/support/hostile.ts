/** Values that are rarely right anywhere. */
export const WRONG: unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  2_147_483_648,
  '',
  ' ',
  'null',
  '0',
  'a\0b',
  '\ud83d',
  'x'.repeat(300),
  'é\u0301\u200f',
  "' or 1=1 --",
  '9999-12-31T23:59:59Z',
  '0000-01-01T00:00:00Z',
  'javascript:alert(1)',
  [],
  {},
  [[]],
  { a: null },
];

/** Paths that are no route, or one written strangely. */
export const PATHS = [
  '/projects//versions',
  '/projects/%00/versions',
  '/projects/..%2f..%2fetc/versions',
  '/projects/%zz/versions',
  '/projects/a%2Fb/versions',
  '/projects/%ED%A0%80/versions',
  '/projects/%F0%9F%92%A9/versions/%20',
  '/pipeline/../projects/a/versions',
  '//',
  '/openapi.json/',
  '/docs/../docs',
  '/projects/a/versions/b/publish/',
  '/projects/a/versions?limit=%',
  '/projects/a/versions?%00=1&limit[]=2',
  '/projects/a;b=c/versions?limit=1;offset=2',
  `/projects/${'a'.repeat(4_000)}/versions`,
];

/** Bodies that are no JSON, too much of it, or JSON that means harm. */
export const BODIES = [
  '',
  '{',
  '[]',
  'null',
  '"text"',
  '{"__proto__":{"a":1}}',
  '{"constructor":{"prototype":{}}}',
  '{"versionId":"\\ud800"}',
  '\u0000',
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  `{"prompt":"${'x'.repeat(270_000)}"}`,
  '{"a":1}{"b":2}',
  '{"userId":"a","userId":"b","prompt":1e999}',
];

/** Headers that ask for something else. */
export const HEADERS: Record<string, string>[] = [
  {},
  { 'content-type': 'application/json' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  { 'accept-encoding': 'gzip;q=0, *' },
  { 'if-none-match': '*' },
  { 'if-none-match': 'W/"' },
  { 'x-forwarded-for': '::1, evil' },
  { cookie: 'a=b; ;=;' },
  { accept: 'text/html' },
  { 'x-http-method-override': 'DELETE' },
  { origin: 'null' },
  { 'content-type': 'application/json', 'content-encoding': 'gzip' },
];
