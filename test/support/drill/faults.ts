import { expect } from 'vitest';
import type { FaultKind } from '../../../infra/local/data-api/faults.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { eventually } from '../wait.ts';
import type { Drill } from './drill.ts';

/** Something that breaks. */
export interface Fault {
  /** Breaks it and lets users, the pipeline and the schedules meet it. What functions print then they print every five minutes, as long as it lasts. */
  meet(drill: Drill): Promise<unknown>;
  repair?(drill: Drill): Promise<unknown>;
  /** Minutes: a quarter of an hour unless said otherwise. */
  lasts?: number;
}

/** People find the Data API so: they are answered `status`, and it is counted as `counts`. The sweep comes a moment later and finds it well. */
export const dataApi = (
  kind: FaultKind,
  counts: string | undefined,
  { status = 503, ...more }: { status?: number; delayMs?: number } = {},
): Fault => ({
  async meet(drill) {
    drill.stack.dataApi.faults.add({ kind, count: 1_000, ...more });
    try {
      expect(new Set(await drill.list())).toEqual(new Set([status]));
      if (counts) await drill.printed(counts);
    } finally {
      drill.stack.dataApi.faults.clear();
    }
    await drill.sweep();
  },
});

/** The database is away for everybody, the schedules too. */
export const noDatabase: Fault = {
  async meet(drill) {
    drill.stack.dataApi.faults.add({ kind: 'unavailable', count: 1_000 });
    await drill.list();
    expect(await drill.sweep()).toMatchObject({ ok: false });
  },
  repair: async (drill) => drill.stack.dataApi.faults.clear(),
  lasts: 30,
};

/** Somebody has changed the password of a login by hand, and its sessions have ended. */
export const passwordChanged = (login: string): Fault => {
  let verifier: string;
  const set = (drill: Drill, password: string) => drill.sql(`alter role ${login} password '${password}'`);
  return {
    async meet(drill) {
      const { rows } = await drill.sql(`select rolpassword from pg_authid where rolname = '${login}'`);
      verifier = rows[0].rolpassword;
      await set(drill, 'by hand');
      await drill.sql(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${login}'`);
      expect(new Set(await drill.list())).toEqual(new Set([503]));
      await drill.printed('DatabaseLoginRefused', 5);
      await drill.sweep();
    },
    repair: (drill) => set(drill, verifier),
  };
};

/** The model answers so, again and again, while ten versions are to be described. */
export const model = (answer: Parameters<LocalStack['model']['answers']['add']>[0]): Fault => ({
  async meet(drill) {
    drill.stack.model.answers.add({ count: 1_000, ...answer });
    await drill.describeTen();
    await drill.sweep();
  },
  repair: async (drill) => drill.stack.model.answers.clear(),
});

/** Deployed versions wait for their metadata, with these columns. */
export const waiting = (count: number, columns: Record<string, string>): Fault => {
  let ids: string[];
  return {
    async meet(drill) {
      ids = await drill.waiting(count, columns);
      await drill.sweep();
    },
    repair: (drill) => drill.forget(ids),
  };
};

/** A backfill goes on with a ledger that was changed so. */
export const ledger = (change: string, back: string, lasts?: number): Fault => ({
  async meet(drill) {
    await drill.sql(change);
    await drill.continueMigrations();
    await drill.checkIntegrity();
    await drill.sweep();
  },
  async repair(drill) {
    await drill.sql(back);
    expect(await drill.continueMigrations()).toMatchObject({ ok: true });
  },
  ...(lasts && { lasts }),
});

/** Messages come that are none. */
export const nonsense = (count: number): Fault => ({
  async meet(drill) {
    await drill.send(Array.from({ length: count }, (_, n) => `no JSON ${n}`));
    await drill.printed('MetadataDeadLettered', count);
    await drill.sweep();
  },
  repair: (drill) => drill.throwAway('MetadataDeadLetterQueue'),
});

/** A message about a backfill ends its function each time, so that SQS moves it to the dead letters by itself. */
export const deadly: Fault = {
  async meet(drill) {
    await drill.poison(0);
    await eventually('the redrive', async () => (await drill.deadLetters('MigrationsDeadLetterQueue')) > 0);
    await drill.sweep();
  },
  repair: (drill) => drill.throwAway('MigrationsDeadLetterQueue'),
};

/** The queue takes no message of the size of a report. */
export const fullQueue: Fault = {
  async meet(drill) {
    await drill.takeUpTo(1_024);
    expect(await drill.deploy(Array(20).fill('Add a map that shows where every shop of the chain is'))).toBe(503);
    await drill.sweep();
  },
  repair: (drill) => drill.takeUpTo(262_144),
};

const NEWEST = 'select max(version_id) from project_versions';

/** Somebody gives a version to another user, past the API. */
export const stolenVersion: Fault = {
  async meet(drill) {
    await drill.sql(`update project_versions set user_id = 'another ' || user_id where version_id = (${NEWEST})`);
    expect(await drill.checkIntegrity()).toMatchObject({ ok: true });
    await drill.sweep();
  },
  async repair(drill) {
    await drill.sql(`update project_versions set user_id = replace(user_id, 'another ', '')`);
    expect(await drill.checkIntegrity()).toMatchObject({ ok: true });
  },
};
