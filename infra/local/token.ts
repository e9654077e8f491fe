import { parseToken, runCommand } from './cli.ts';
import { readEndpoints } from './endpoints.ts';
import { LocalIssuer } from './issuer/issuer.ts';
import { LOCAL_JWT } from './synthesize-app.ts';

/** `npm run -s token -- --user ID`: a token of that user, for the local API, valid for a day. */
await runCommand(async () => {
  const { dataDir, user } = parseToken(process.argv.slice(2));
  // Says so when nothing was ever started there, before a key pair is made.
  await readEndpoints(dataDir);
  const issuer = await LocalIssuer.open(dataDir);
  console.log(await issuer.mintToken({ subject: user, issuer: LOCAL_JWT.jwtIssuer, audience: LOCAL_JWT.jwtAudience }));
});
