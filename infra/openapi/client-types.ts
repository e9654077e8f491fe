import { registerHooks } from 'node:module';

/**
 * The types of the client, generated from the document.
 *
 * openapi-typescript prints with the compiler's JavaScript API, which TypeScript 7 no longer has
 * (https://github.com/openapi-ts/openapi-typescript/issues/2841). It gets the one that @ts-morph/common carries; the package
 * `@typescript/typescript6` would bring a second `tsc`.
 */
export async function clientTypes(document: object): Promise<string> {
  const compiler = `import { ts } from '${import.meta.resolve('@ts-morph/common')}'; export default ts;`;
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'typescript'
        ? { url: `data:text/javascript,${encodeURIComponent(compiler)}`, shortCircuit: true }
        : next(specifier, context),
  });
  try {
    const { astToString, default: openapiTs } = await import('openapi-typescript');
    return `// Written by \`npm run openapi\`.\n${astToString(await openapiTs(JSON.stringify(document)))}`;
  } finally {
    hooks.deregister();
  }
}
