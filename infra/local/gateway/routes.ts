/** A route of an HTTP API. */
export interface Route {
  /** `GET /projects/{projectId}`, `ANY /x/{proxy+}` or `$default`. */
  key: string;
  authorization: 'NONE' | 'JWT' | 'AWS_IAM';
  authorizerId: string | undefined;
  /** A JWT must have one of them; none means any. */
  scopes: string[];
  integrationId: string;
}

export interface MatchedRoute {
  route: Route;
  pathParameters: Record<string, string>;
}

type Rank = number[];

/**
 * Picks the route of a request: a full match, then a greedy path variable, then $default; within these the more literal segments win,
 * from the left, and a method before ANY.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html#http-api-develop-routes.evaluation
 *
 * @param path decoded, as API Gateway matches it: an encoded slash separates too.
 */
export function matchRoute(routes: readonly Route[], method: string, path: string): MatchedRoute | undefined {
  let best: (MatchedRoute & { rank: Rank }) | undefined;
  for (const route of routes) {
    const match = matchOne(route, method, path);
    if (match !== undefined && (best === undefined || before(match.rank, best.rank))) best = { route, ...match };
  }
  return best === undefined ? undefined : { route: best.route, pathParameters: best.pathParameters };
}

const LITERAL = 0;
const VARIABLE = 1;
const GREEDY = 2;
const DEFAULT = 3;

function matchOne(
  route: Route,
  method: string,
  path: string,
): { rank: Rank; pathParameters: Record<string, string> } | undefined {
  if (route.key === '$default') return { rank: [DEFAULT], pathParameters: {} };
  const [routeMethod, template = ''] = route.key.split(' ');
  if (routeMethod !== 'ANY' && routeMethod !== method) return undefined;
  const expected = template.split('/').slice(1);
  const actual = path.split('/').slice(1);
  const pathParameters: Record<string, string> = {};
  const kinds: number[] = [];
  let greedy = LITERAL;

  for (const [index, part] of expected.entries()) {
    const [, name, plus] = /^\{([^+}]+)(\+?)\}$/.exec(part) ?? [];
    const given = actual[index];
    if (name === undefined) {
      if (given !== part) return undefined;
      kinds.push(LITERAL);
    } else if (plus === '+') {
      const rest = actual.slice(index).join('/');
      if (rest === '') return undefined;
      pathParameters[name] = rest;
      kinds.push(GREEDY);
      greedy = GREEDY;
    } else {
      if (given === undefined || given === '') return undefined;
      pathParameters[name] = given;
      kinds.push(VARIABLE);
    }
  }
  if (greedy === LITERAL && actual.length !== expected.length) return undefined;
  return { rank: [greedy, ...kinds, routeMethod === 'ANY' ? 1 : 0], pathParameters };
}

function before(left: Rank, right: Rank): boolean {
  for (const [index, value] of left.entries()) {
    const other = right[index];
    if (other === undefined || value !== other) return other !== undefined && value < other;
  }
  return false;
}
