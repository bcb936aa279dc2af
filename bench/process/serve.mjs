/**
 * Makes this process one that `start()` can ask. `prepare` gets the order and returns what it is ready with, how it answers
 * a question, and how it closes. Ends when the process that started it is done with it, or gone.
 */
export function serve(prepare) {
  process.once('message', async (order) => {
    const { ready = {}, answer, close } = await prepare(order);
    process.on('message', async (question) => process.send({ answer: await answer(question) }));
    process.once('disconnect', async () => {
      await close?.();
      process.exit();
    });
    process.send({ answer: ready });
  });
}
