import { describe, expect, it } from 'vitest';
import { matchRoute, type Route } from '../../../infra/local/gateway/routes.ts';

const routes = (...keys: string[]): Route[] =>
  keys.map((key) => ({ key, authorization: 'NONE', authorizerId: undefined, scopes: [], integrationId: key }));

// The example of the documentation, and what it implies:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html#http-api-develop-routes.evaluation
const documented = routes(
  '$default',
  'ANY /{proxy+}',
  'GET /pets/{petID}',
  'GET /pets/dog/1',
  'ANY /pets/dog/{id}',
  'GET /pets/dog/{id}',
  'GET /pets/{proxy+}',
);

describe('the route of a request', () => {
  it.each([
    ['GET', '/pets/dog/1', 'GET /pets/dog/1', {}],
    ['GET', '/pets/dog/2', 'GET /pets/dog/{id}', { id: '2' }],
    ['POST', '/pets/dog/2', 'ANY /pets/dog/{id}', { id: '2' }],
    ['GET', '/pets/6', 'GET /pets/{petID}', { petID: '6' }],
    ['GET', '/pets/cat/1/name', 'GET /pets/{proxy+}', { proxy: 'cat/1/name' }],
    ['POST', '/pets/6', 'ANY /{proxy+}', { proxy: 'pets/6' }],
    ['GET', '/', '$default', {}],
  ])('%s %s is %s', (method, path, key, pathParameters) => {
    expect(matchRoute(documented, method, path)).toEqual({ route: expect.objectContaining({ key }), pathParameters });
  });

  it('prefers literal segments from the left', () => {
    expect(matchRoute(routes('GET /{a}/x', 'GET /b/{c}'), 'GET', '/b/x')?.route.key).toBe('GET /b/{c}');
  });

  it.each([
    ['another method', 'PUT', '/projects/p/versions'],
    ['a longer path', 'GET', '/projects/p/versions/v'],
    ['a shorter path', 'GET', '/projects/p'],
    ['an empty segment where a variable stands', 'GET', '/projects//versions'],
    ['a slash at the end', 'GET', '/projects/p/versions/'],
    ['letters of another case', 'GET', '/Projects/p/versions'],
  ])('is none for %s', (_, method, path) => {
    expect(matchRoute(routes('GET /projects/{projectId}/versions'), method, path)).toBeUndefined();
  });
});
