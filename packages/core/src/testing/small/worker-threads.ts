/** Threads that this process keeps for workers. */
export const workerThreads = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker').length;
