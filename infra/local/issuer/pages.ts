const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const page = (title: string, content: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 12vh auto 0; padding: 0 1rem; max-width: 22rem }
h1 { font-size: 1.4rem; margin: 0 0 .5rem }
p { margin: 0 0 1.25rem; color: light-dark(#4a5160, #b4bac6) }
label { display: block; font-weight: 600; margin-bottom: .35rem }
input, button { font: inherit; box-sizing: border-box; width: 100%; padding: .55rem .75rem; border-radius: .5rem; border: 1px solid light-dark(#7a8194, #878fa1) }
button { margin-top: .85rem; border: 0; background: light-dark(#3538cd, #a9b4ff); color: light-dark(#fff, #14163a); font-weight: 600; cursor: pointer }
:focus-visible { outline: 3px solid light-dark(#6d73f0, #c5ccff); outline-offset: 2px }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`;

/** The form of the local issuer: whoever types a name is that user. */
export const signInPage = (action: string, suggestion: string): string =>
  page(
    'Sign in',
    `<p>The issuer of this machine. Any name will do, and there is no password.</p>
<form method="post" action="${escaped(action)}">
<label for="user">User</label>
<input id="user" name="user" value="${escaped(suggestion)}" required maxlength="128" autocomplete="username" autocapitalize="none" spellcheck="false" autofocus>
<button type="submit">Sign in</button>
</form>`,
  );

/** `form` has the id `op.logoutForm` and no button. */
export const signOutPage = (form: string): string =>
  page(
    'Sign out',
    `<p>Sign out of the issuer of this machine as well?</p>${form}
<button type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>`,
  );

export const errorPage = (message: string): string =>
  page('That did not work', `<p>${escaped(message)}</p>\n<p>Go back to the page you came from and sign in again.</p>`);
