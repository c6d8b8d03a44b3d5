import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SkipstoneError } from '@skipstone/core';

/**
 * Does `work`, a function that `module` (an `import.meta.url`) exports under its name, in a fresh process: task and
 * answer are JSON.
 */
export function inFreshProcess<Task extends object, Answer>(
  module: string,
  work: (task: Task) => Promise<Answer>,
  task: Task,
  environment: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL(import.meta.url), [module, work.name], {
      execArgv: ['--expose-gc'],
      env: { ...process.env, ...environment },
    });
    let answer: Answer | undefined;
    child.on('message', (message) => {
      answer = message as Answer;
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (answer !== undefined && code === 0) resolve(answer);
      else reject(ended(work.name, `${signal ?? `exit code ${code}`}`));
    });
    child.send(task);
  });
}

function ended(work: string, have: string): SkipstoneError {
  return new SkipstoneError({
    code: 'bench-child',
    what: `bench: the process that measures ${work} ended early`,
    have,
    need: 'an answer',
    do: 'see its message above; a process that is killed often lacked memory',
  });
}

/**
 * In the fresh process: answers its one task, then lets the process end; ends it if nobody waits any more, by a signal,
 * since `process.exit` would tear the runtime's thread down in the middle of a native call.
 */
function answerTask(work: (task: unknown) => Promise<object>): void {
  const abandoned = (): void => void process.kill(process.pid, 'SIGTERM');
  const leave = (): void => {
    process.off('disconnect', abandoned);
    process.disconnect();
  };
  process.once('disconnect', abandoned);
  process.once('message', (task) => {
    work(task).then(
      (answer) => process.send?.(answer, leave),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        process.exitCode = 1;
        leave();
      },
    );
  });
}

const [, main, module = '', name = ''] = process.argv;
if (main === fileURLToPath(import.meta.url)) answerTask(async (task) => (await import(module))[name](task));
