/**
 * Makes this process one that `start()` can ask. `prepare` gets the order and returns what it is ready with, how it answers
 * a question, and how it closes. Ends when the process that started it is done with it, or gone.
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
    // Whoever asked may be gone.
  });
}
