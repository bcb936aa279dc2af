import { Session } from 'node:inspector/promises';

let inspector;

/** The figures that a server reports about itself. */
export const INSPECTIONS = {
  /** Bytes in use after a garbage collection; Node must be started with `--expose-gc`. */
  heap() {
    globalThis.gc();
    return process.memoryUsage().heapUsed;
  },

  /** Microseconds of CPU time since the start, of all threads. */
  cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },

  async 'start profiling'() {
    inspector = new Session();
    inspector.connect();
    await inspector.post('Profiler.enable');
    await inspector.post('Profiler.start');
  },

  /** The CPU profile since the start of profiling. */
  async 'stop profiling'() {
    const { profile } = await inspector.post('Profiler.stop');
    inspector.disconnect();
    return profile;
  },
};
