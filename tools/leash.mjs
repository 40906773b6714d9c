// Preloaded into every process that the bootstrap starts: when the parent is gone, even by kill -9, the channel to it
// closes, and this process ends as if it had been asked to (SIGTERM runs its shutdown; a second one is not needed).
if (process.channel) {
  process.on('disconnect', () => {
    process.kill(process.pid, 'SIGTERM')
    setTimeout(() => process.exit(1), 5000).unref()
  })
  process.channel.unref()
}
