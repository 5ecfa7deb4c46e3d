// Azurite's blob service for as long as whoever started it lives: when stdin ends it writes what it holds and goes.
process.stdin
  .on("end", () => {
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.exit(0), 5000).unref();
  })
  .resume();
// In memory each write is an extent of its own, and every ten minutes Azurite looks through all of them for each one that nobody needs any
// more, and answers nobody meanwhile: for minutes after a hundred thousand writes. What lives no longer than a test need not be tidied up.
if (process.argv.includes("--inMemoryPersistence"))
  require("azurite/dist/src/blob/utils/constants.js").DEFAULT_GC_INTERVAL_MS = 2 ** 31 - 1;
require("azurite/dist/src/blob/main.js");
