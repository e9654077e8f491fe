import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Where a function's credentials come from: its environment, into which Lambda puts those of its role
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html). infra/build/bundle.ts puts this in the place of the SDK's own chain, which also knows how to ask
 * SSO, STS and other machines' services: 100 KB that Node.js would compile at each start.
 */
export const defaultProvider = fromEnv;
