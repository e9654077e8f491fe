import { render } from 'preact';
import { App } from './app.tsx';
import { completeSignIn, isOver, isReturn, type Session, signIn, storedSession } from './session.ts';
import type { Settings } from './settings.ts';

const settings = JSON.parse(document.getElementById('settings')?.textContent ?? '') as Settings;
const root = document.getElementById('page') as HTMLElement;

/** Who is signed in: who comes back from the issuer, or was signed in before in this tab. Whose time is over is sent there again. */
async function begin(): Promise<void> {
  let session: Session | undefined;
  let failure: string | undefined;
  try {
    session = isReturn(location.search) ? await completeSignIn(settings) : storedSession();
    if (session && isOver(session)) return await signIn(settings);
  } catch (error) {
    session = undefined;
    failure = (error as Error).message;
  }
  render(<App settings={settings} session={session} failure={failure} />, root);
}

await begin();
