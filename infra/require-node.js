// Plain JavaScript on purpose: the Node this speaks to cannot read TypeScript. Loaded before the program itself
// with `node --import ./infra/require-node.js`, and imported first by infra/app.ts.

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(
    `project-versions needs Node 24 and this is Node ${process.versions.node} (${process.execPath}).\n` +
      'On Linux and Windows `npm ci` brings Node 24 along and `npm run <script>` or `npx node <file>` uses it; ' +
      'on macOS install Node 24 or later.\n',
  );
  process.exit(1);
}
