// Preloaded by --require: Ctrl-C is pressed as soon as the program has printed what INTERRUPT_AT matches.
const said = new RegExp(process.env.INTERRUPT_AT);

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (text, ...rest) => {
  const isWritten = write(text, ...rest);
  if (said.test(String(text))) {
    process.kill(process.pid, 'SIGINT');
  }
  return isWritten;
};
