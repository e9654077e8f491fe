import { correlatedAnswer } from './platform/correlated-answer.ts';
import { answerPage, page } from './platform/page.ts';

const description = page('openapi.json', 'application/json');
// The document has a policy of its own in a meta element, where this directive does not count.
const reference = {
  ...page('docs.html', 'text/html; charset=utf-8'),
  headers: { 'content-security-policy': "frame-ancestors 'none'" },
};

/** GET /openapi.json and GET /docs: the description of the API, for programs and for people. */
export const handler = correlatedAnswer(async (request) =>
  answerPage(request.rawPath.endsWith('/openapi.json') ? description : reference, request),
);
