import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

interface Import {
  from: string;
  /** A path in this repository, or the name of a package. */
  to: string;
  typeOnly: boolean;
}

const files = globSync('{functions,infra}/**/*.{ts,tsx}', { cwd: root }).map((file) => file.split(sep).join('/'));
const text = (file: string) => readFileSync(join(root, file), 'utf8');

function importsOf(file: string): Import[] {
  // Biome lays out every import like this; a dynamic one is the second alternative.
  const pattern =
    /^(?:import|export)\b(?<type> type\b)?[^;'"]*?['"](?<a>[^'"]+)['"];|\bimport\(['"](?<b>[^'"]+)['"]\)/gm;
  return [...text(file).matchAll(pattern)].map(({ groups = {} }) => {
    const target = groups.a ?? groups.b ?? '';
    const to = target.startsWith('.')
      ? relative(root, join(root, dirname(file), target))
          .split(sep)
          .join('/')
      : target;
    return { from: file, to, typeOnly: groups.type !== undefined };
  });
}

const imports = files.flatMap(importsOf);
const handler = /^functions\/[^/]+\.ts$/;
const domain = /^functions\/(versions|metadata|migrations|integrity|secrets)\//;
const platform = /^functions\/platform\//;
const page = /^functions\/page\//;
const client = /^functions\/api-client\//;

/** The imports from files that match `from` of what matches `to`, written as sentences. */
const found = (from: RegExp, to: RegExp, which: (one: Import) => boolean = () => true) =>
  imports
    .filter((one) => from.test(one.from) && to.test(one.to) && which(one))
    .map((one) => `${one.from} imports ${one.to}`);

describe('imports', () => {
  it('are all read by this test', () => {
    expect(importsOf('functions/list-versions.ts')).toContainEqual({
      from: 'functions/list-versions.ts',
      to: 'functions/versions/list.ts',
      typeOnly: false,
    });
    expect(imports.length).toBeGreaterThan(100);
  });

  it('point down: handler, domain, platform', () => {
    expect(found(/^functions\//, handler), 'nothing imports a handler').toEqual([]);
    expect(found(platform, domain), 'platform knows no domain').toEqual([]);
  });

  it('of one domain do not go both ways', () => {
    expect(found(/^functions\/versions\//, /^functions\/(metadata|migrations)\//)).toEqual([]);
    expect(found(/^functions\/migrations\//, /^functions\/(metadata|versions|integrity)\//)).toEqual([]);
  });

  it('never lead from functions to what builds and runs them', () => {
    expect(found(/^functions\//, /^(infra|test|migrations)\/|^(aws-cdk-lib|constructs|esbuild)\b/)).toEqual([]);
  });

  it('keep the page, which runs in a browser, apart: it knows the API by its client alone', () => {
    const own = ({ from, to }: Import) => page.test(from) && page.test(to);
    expect(found(page, /^(functions|infra)\//, (one) => !own(one) && !one.typeOnly && !client.test(one.to))).toEqual(
      [],
    );
    const settings = 'functions/page/settings.ts';
    expect(found(/^(functions|infra)\//, page, (one) => !own(one) && one.to !== settings)).toEqual([]);
  });

  it('of the AWS SDK are never in a domain', () => {
    expect(found(domain, /^(@aws-sdk|@smithy)\//)).toEqual([]);
  });

  it('keep what is deployed apart from commands and from what runs it on one machine', () => {
    expect(found(/^infra\/([^/]+$|(constructs|monitoring|build|openapi)\/)/, /^infra\/(local|cli)\//)).toEqual([]);
    expect(found(/^infra\/local\//, /^infra\/cli\//)).toEqual([]);
    expect(found(/^infra\/(build|openapi)\//, /^infra\/(constructs|monitoring|[^/]+$)/)).toEqual([]);
  });

  it('form no circle, types included', () => {
    const next = Map.groupBy(imports, ({ from }) => from);
    const done = new Set<string>();
    const circleFrom = (file: string, path: string[]): string[] | undefined => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
      if (done.has(file)) return undefined;
      for (const { to } of next.get(file) ?? []) {
        const circle = circleFrom(to, [...path, file]);
        if (circle) return circle;
      }
      done.add(file);
      return undefined;
    };
    expect(files.map((file) => circleFrom(file, [])).find((circle) => circle !== undefined)).toBeUndefined();
  });

  it('lead from infra to the types and pure modules of functions only; commands speak to a stack as its functions do', () => {
    expect(found(/^infra\//, handler, ({ typeOnly }) => !typeOnly)).toEqual([]);
    expect(found(/^infra\/(?!cli\/)/, /^functions\/platform\/(?!text\.ts$)/, ({ typeOnly }) => !typeOnly)).toEqual([]);
  });
});

describe('knowledge', () => {
  it('of HTTP status codes is in platform/http.ts and the two that answer as HTTP says beside it', () => {
    const others = files.filter((file) => /^functions\/(?!platform\/(http|page|conditional)\.ts)/.test(file));
    expect(others.filter((file) => /\bstatusCode\b|\bstatus: [1-5]\d\d\b/.test(text(file)))).toEqual([]);
  });

  it('of the environment is in platform alone', () => {
    const others = files.filter((file) => /^functions\//.test(file) && !platform.test(file));
    expect(others.filter((file) => text(file).includes('process.env'))).toEqual([]);
  });
});
