/**
 * Makes this process respond to `start()`. `prepare` gets the order and returns the result of the start, a function that
 * answers a question, and one that closes. The process ends when the one that started it disconnects or is gone.
 */
export function serve(prepare) {
  let close;
  process.once('disconnect', async () => {
    await close?.();
    process.exit();
  });
  process.once('message', async (order) => {
    const prepared = await prepare(order);
    close = prepared.close;
    process.on('message', async (question) => send(await prepared.answer(question)));
    send(prepared.ready ?? {});
  });
}

function send(answer) {
  process.send({ answer }, () => {
    // The process that asked may be gone.
  });
}
