import { fork } from 'node:child_process';
import { SkipstoneError } from '@skipstone/core';

/** Runs a module of this folder in a fresh process; it is sent `task` and sends one message back. */
export function inFreshProcess<Task extends object, Answer>(
  module: string,
  task: Task,
  environment: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL(module, import.meta.url), {
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
      else reject(ended(module, `${signal ?? `exit code ${code}`}`));
    });
    child.send(task);
  });
}

/**
 * In the fresh process: answers its one task, then lets the process end; ends it if nobody waits any more, by a signal,
 * since `process.exit` would tear the runtime's thread down in the middle of a native call.
 */
export function answerTask<Task, Answer extends object>(work: (task: Task) => Promise<Answer>): void {
  const abandoned = (): void => void process.kill(process.pid, 'SIGTERM');
  const leave = (): void => {
    process.off('disconnect', abandoned);
    process.disconnect();
  };
  process.once('disconnect', abandoned);
  process.once('message', (task) => {
    work(task as Task).then(
      (answer) => process.send?.(answer, leave),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        process.exitCode = 1;
        leave();
      },
    );
  });
}

function ended(module: string, have: string): SkipstoneError {
  return new SkipstoneError({
    code: 'bench-child',
    what: `bench: the process that measures ${module} ended early`,
    have,
    need: 'an answer',
    do: 'see its message above; a process that is killed often lacked memory',
  });
}
