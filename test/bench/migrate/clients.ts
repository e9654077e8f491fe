import type { Random } from '../../support/simulation/random.ts';
import type { NewCode } from './new-code.ts';
import type { OldCode } from './old-code.ts';
import type { Share } from './targets.ts';

/** Told when it is over; each client then ends with the request it is at. */
export interface Ends {
  ended: boolean;
}

/** Reads histories as fast as it gets answers. */
export async function read(code: OldCode | NewCode, { all }: Share, random: Random, ends: Ends): Promise<void> {
  while (!ends.ended) await code.list(random.pick(all));
}

/** Writes as the old system does: people's changes, publications, and builds whose metadata comes later or, in one of five, before. */
export async function writeOld(code: OldCode, { old }: Share, random: Random, ends: Ends): Promise<void> {
  const described = old.filter((target) => target.described);
  const deployed = described.filter(({ status }) => status === 'deployed');
  let changes = 0;
  const change = async (): Promise<void> => {
    changes += 1;
    const name = `Old ${changes}`;
    const dice = random.fraction();
    if (dice < 0.45) await code.describe(random.pick(described), name);
    else if (dice < 0.75) await code.renew(random.pick(old), name);
    else await code.publish(random.pick(deployed));
  };
  while (!ends.ended) {
    if (random.chance(0.75)) await change();
    else await code.build(random.pick(old), random.chance(0.2), change);
  }
}

/** Writes as the new system does: people's changes, publications, builds, and metadata of builds in batches. */
export async function writeNew(code: NewCode, share: Share, random: Random, ends: Ends): Promise<void> {
  const own = [...share.new];
  const deployed = own.filter(({ status }) => status === 'deployed');
  const undescribed = deployed.filter(({ described }) => !described);
  for (let changes = 0; !ends.ended; changes += 1) {
    const dice = random.fraction();
    if (dice < 0.35) await code.edit(random.pick(own), `New ${changes}`);
    else if (dice < 0.6) await code.publish(random.pick(deployed));
    else if (dice < 0.8 || undescribed.length === 0) {
      const built = await code.build(random.pick(own));
      if (built) for (const targets of [own, deployed, undescribed]) targets.push(built);
    } else await code.generate(undescribed.splice(random.below(undescribed.length), 1 + random.below(5)));
  }
}
