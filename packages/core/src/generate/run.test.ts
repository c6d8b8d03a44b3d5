import { describe, expect, it } from 'vitest';
import type { RunEvent, Tell } from '../loop/step/events.js';
import { type Run, startRun } from './run.js';

const note = (text: string): RunEvent => ({ type: 'note', text });
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

async function collect(run: Run<unknown>): Promise<string[]> {
  const texts: string[] = [];
  for await (const event of run) texts.push(event.type === 'note' ? event.text : event.type);
  return texts;
}

/** Work that tells three things, a turn of the event loop apart. */
async function slow(tell: Tell): Promise<string> {
  for (const text of ['one', 'two', 'three']) {
    tell(note(text));
    await turn();
  }
  return 'done';
}

async function failing(tell: Tell): Promise<never> {
  tell(note('one'));
  await turn();
  throw new Error('oh');
}

/** Rejections that nobody handled while `work` went on. */
async function unhandled(work: () => Promise<unknown>): Promise<unknown[]> {
  const heard: unknown[] = [];
  const hear = (reason: unknown): void => {
    heard.push(reason);
  };
  process.on('unhandledRejection', hear);
  await work();
  await turn();
  process.off('unhandledRejection', hear);
  return heard;
}

describe('a run', () => {
  it('hands its events on as they come, and ends with the work', async () => {
    const run = startRun(slow);
    expect(await collect(run)).toEqual(['one', 'two', 'three']);
    expect(await run.result).toBe('done');
  });

  it('loses no event of before somebody listened', async () => {
    const run = startRun(slow);
    await run.result;
    expect(await collect(run)).toEqual(['one', 'two', 'three']);
  });

  it('needs nobody to listen', async () => {
    expect(await startRun(slow).result).toBe('done');
  });

  it('is awaited and iterated at once', async () => {
    const run = startRun(slow);
    expect(await Promise.all([run.result, collect(run)])).toEqual(['done', ['one', 'two', 'three']]);
  });

  it('goes on when nobody listens any more', async () => {
    const run = startRun(slow);
    for await (const event of run) {
      expect(event).toEqual(note('one'));
      break;
    }
    expect(await run.result).toBe('done');
  });

  it('that two listen to ends for both', async () => {
    const run = startRun(slow);
    const [a, b] = await Promise.all([collect(run), collect(run)]);
    expect([...a, ...b].sort()).toEqual(['one', 'three', 'two']);
  });
});

describe('a run that fails', () => {
  it('throws where it is iterated, after its events', async () => {
    const seen: string[] = [];
    const listen = async (): Promise<void> => {
      for await (const event of startRun(failing)) seen.push(event.type);
    };
    await expect(listen()).rejects.toThrow('oh');
    expect(seen).toEqual(['note']);
  });

  it('fails once: who iterates need not await, who awaits need not iterate', async () => {
    const iterated = () => expect(collect(startRun(failing))).rejects.toThrow('oh');
    const awaited = () => expect(startRun(failing).result).rejects.toThrow('oh');
    const both = async (): Promise<void> => {
      const run = startRun(failing);
      await Promise.allSettled([run.result, collect(run)]);
    };
    for (const way of [iterated, awaited, both]) expect(await unhandled(way)).toEqual([]);
  });

  it('tells so to who listens late', async () => {
    const run = startRun(failing);
    await run.result.catch(() => {});
    await expect(collect(run)).rejects.toThrow('oh');
  });

  it('at once tells so too', async () => {
    const run = startRun(() => Promise.reject(new Error('at once')));
    await expect(collect(run)).rejects.toThrow('at once');
  });
});
