import type { Account } from '../account.ts';
import type { Registration } from './provider.ts';

/** What the deployed stack registers with its issuer: the client and the addresses of its page. */
export function registrationOf({ functions, apis }: Account): Registration {
  const declared = functions.all().map(({ config }) => config.environment);
  const page = declared.find((environment) => environment.SIGN_IN_CLIENT_ID !== undefined);
  return {
    issuer: page?.SIGN_IN_ISSUER ?? 'http://127.0.0.1',
    audience: page?.SIGN_IN_AUDIENCE ?? '',
    clients: page?.SIGN_IN_CLIENT_ID === undefined ? [] : [page.SIGN_IN_CLIENT_ID],
    // Either name of this machine may be typed.
    pages: [...apis.values()].flatMap(({ url }) => [`${url}/`, `${url.replace('127.0.0.1', 'localhost')}/`]),
  };
}
