import { CONTRACT, type Plugin } from '@skipstone/core';
import { type Subject, sameBytes } from '@skipstone/core/testing';
import type { Bench, Outcome } from '../row.js';
import { ratios } from '../statistics.js';
import { inTurn } from '../stepped-run.js';
import { demoSubject, stepsOf, wanWidthSubject } from '../subjects.js';

const CUTS = ['blocks.0.cross_attn_out', 'blocks.0', 'trunk'];

/** What it costs to be able to look: three cuts and nobody who looks. */
export async function* cuts(bench: Bench): AsyncGenerator<Outcome> {
  // A step of the demo model takes some tens of milliseconds: ten times the rounds cost nothing.
  yield* compare(await demoSubject(), { ...bench, repeats: 10 * bench.repeats });
  yield* compare(await wanWidthSubject(bench), bench);
}

const looker: Plugin = {
  name: 'looker',
  contract: CONTRACT,
  needs: () => ({ cuts: CUTS }),
  setup: () => ({}),
};

async function* compare(subject: Subject, bench: Bench): AsyncGenerator<Outcome> {
  const { name } = subject;
  bench.say(`${name}, cut and uncut in turn, ${bench.repeats} steps each`);
  const { wallMs, runtimeMs, latents } = await inTurn(bench, (steps) => ({
    cut: stepsOf(subject, { steps, plugins: [looker] }),
    uncut: stepsOf(subject, { steps }),
  }));
  const equal = sameBytes(latents.cut, latents.uncut);
  yield {
    what: `${name}, cut at three stations over uncut`,
    unit: 'ratio',
    reach: { most: 1.02 },
    samples: ratios(wallMs.cut, wallMs.uncut),
    note: `wall time of a step, packed; outputs ${equal ? 'equal to the bit' : 'DIFFER'}`,
    failed: !equal,
  };
  yield {
    what: `${name}, the same inside the runtime`,
    unit: 'ratio',
    samples: ratios(runtimeMs.cut, runtimeMs.uncut),
  };
}
