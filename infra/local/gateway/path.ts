/** The path is no text once its percent signs are decoded. */
export class MalformedPath extends Error {
  override name = 'MalformedPath';
}

/**
 * Splits a request target as an HTTP API does: it decodes the whole path before it matches routes and fills `rawPath`, so that `%2F`
 * separates segments, and cuts it at a decoded `?`; the query stays encoded. Seen at the real service by several adapters' authors, for example
 * https://github.com/fastify/aws-lambda-fastify/issues/169 and https://github.com/middleapi/standard-server/pull/93
 *
 * @throws MalformedPath
 */
export function splitPath(target: string): { path: string; query: string } {
  const at = target.indexOf('?');
  const encoded = at === -1 ? target : target.slice(0, at);
  let path: string;
  try {
    path = decodeURIComponent(encoded);
  } catch (cause) {
    throw new MalformedPath(`The path ${encoded} is not valid percent-encoded UTF-8`, { cause });
  }
  return { path: path.split('?')[0] ?? '', query: at === -1 ? '' : target.slice(at + 1) };
}
