import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { pageDocument } from '../../infra/build/page-document.ts';

describe('the page', () => {
  // Measured, in KB gzipped: 32, of them oidc-client-ts 11, Preact 6, openapi-fetch 2, ours 12; its style 4.
  it('has at most 60 KB of gzipped JavaScript', async () => {
    const { script } = await pageDocument();
    expect(gzipSync(script, { level: 9 }).length).toBeLessThan(60_000);
  });

  it('is one document that loads nothing, with a policy that lets in its one script and its one style', async () => {
    const { html, policy } = await pageDocument();
    expect(html).not.toMatch(/\b(src|srcset)=|@import|url\((?!data:)/);
    expect(html.match(/ style="| on\w+="/g), 'nothing that the policy refuses').toBeNull();
    const content = (element: string) =>
      new RegExp(`<${element}>(.*?)</${element.split(' ')[0]}>`, 's').exec(html)?.[1] ?? 'none';
    const sha256 = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect(policy).toContain(`script-src ${sha256(content('script type="module"'))};`);
    expect(policy).toContain(`style-src ${sha256(content('style'))};`);
    expect(policy).toMatch(/^default-src 'none'; .*frame-ancestors 'none'/);
    expect(policy).not.toContain('unsafe');
  });
});
