// Azurite's blob service for as long as whoever started it lives: when stdin ends it writes what it holds and goes.
process.stdin
  .on("end", () => {
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.exit(0), 5000).unref();
  })
  .resume();
require("azurite/dist/src/blob/main.js");
