import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * Starts a script of the bench in a separate process and waits until it is ready; each question gets one answer. Node's
 * options are passed on, so that `node --cpu-prof bench/run.mjs http` profiles the servers too.
 */
export async function start(script, order, nodeOptions = []) {
  const file = fileURLToPath(new URL(`../${script}`, import.meta.url));
  const child = fork(file, { execArgv: [...process.execArgv, ...nodeOptions] });
  const ended = once(child, 'exit');
  const ask = async (question) => {
    child.send(question);
    const [message] = await Promise.race([
      once(child, 'message'),
      ended.then(([code, signal]) => {
        throw new Error(`${script} ended with ${code ?? signal} instead of responding.`);
      }),
    ]);
    return message.answer;
  };
  return {
    ready: await ask(order),
    ask,
    async end() {
      if (child.connected) {
        child.disconnect();
      }
      await ended;
    },
  };
}
