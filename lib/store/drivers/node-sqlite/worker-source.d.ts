/** The program of a worker thread as a string. `scripts/worker-source.js` compiles it. */
declare module '*.worker.js?source' {
  const source: string;
  export default source;
}
