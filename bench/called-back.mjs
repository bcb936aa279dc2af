/** Returns what a function passes to its callback: `calledBack((callback) => database.close(callback))`. */
export function calledBack(call) {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)));
  });
}
