// Preloaded into each test process: when the runner is gone, even by kill -9, this process ends too.
const parent = process.ppid
setInterval(() => {
  if (process.ppid !== parent) process.exit(1)
}, 1000).unref()
