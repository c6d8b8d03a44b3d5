import { expect, it } from 'vitest';
import { cfg } from '../../guidance/cfg.js';
import type { Jump } from '../../spec/plugin.js';
import { during } from '../during.js';
import { runOn } from '../subject.js';
import { toySubject } from '../toy/subject.js';
import { middleSkip } from './middle-skip.js';

const always = new Array<boolean>(6).fill(true);

it.each<Jump['decided']>(['inside', 'before'])(
  'skips only what was computed before: not at first, and not when a branch returns (%s)',
  async (decided) => {
    const guidance = during(cfg({ scale: 4 }), (step) =>
      step === 2 || step === 3 ? ['cond'] : ['cond', 'uncond'],
    );
    const plugins = [middleSkip({ from: 'blocks.0', to: 'blocks.2', skips: always, decided })];
    const { ledger } = await runOn(await toySubject(1), { plugins, guidance });
    const skipped = (branch: string) =>
      ledger.decisions.filter((row) => row.branch === branch).map(({ step, value }) => `${step} ${value}`);
    expect(skipped('cond')).toEqual(['0 false', '1 true', '2 true', '3 true', '4 true', '5 true']);
    expect(skipped('uncond')).toEqual(['0 false', '1 true', '4 false', '5 true']);
  },
);
