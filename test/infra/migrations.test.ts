import { expect, it } from 'vitest';
import { compileMigrations } from '../../infra/build/compile-migrations.ts';

it('the migrations parse, function bodies too, and hold nothing that would stop a live database', async () => {
  expect((await compileMigrations()).length).toBeGreaterThan(1);
});
