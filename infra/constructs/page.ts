import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { ServiceFunction } from './service-function.ts';

/** What the page asks the issuer for: an access token for `audience`, as the public client `clientId`. */
export interface SignIn {
  issuer: string;
  audience: string;
  clientId: string;
  scope: string;
}

/** The function of the version history page. It reads the issuer's discovery document and nothing else. */
export function servePage(scope: Construct, bundle: string, signIn: SignIn, logRetention: RetentionDays) {
  const page = new ServiceFunction(scope, 'ServePage', {
    description: 'The version history page',
    bundle,
    timeoutSeconds: 5,
    memorySize: 512,
    logRetention,
  });
  page.addEnvironment('SIGN_IN_ISSUER', signIn.issuer);
  page.addEnvironment('SIGN_IN_AUDIENCE', signIn.audience);
  page.addEnvironment('SIGN_IN_CLIENT_ID', signIn.clientId);
  page.addEnvironment('SIGN_IN_SCOPE', signIn.scope);
  return page;
}
