// Bundles the extension and its graph view. `node build.mjs --watch` goes on.
import * as esbuild from "esbuild";

const options = {
  bundle: true,
  minify: !process.argv.includes("--watch"),
  sourcemap: false,
  logLevel: "info",
  target: "es2022",
};
const builds = [
  { ...options, entryPoints: ["src/main.ts"], outfile: "out/main.js", platform: "node", format: "cjs", external: ["vscode", "./client"] },
  // The client and its library are read when the first server is started, not when the extension is activated.
  { ...options, entryPoints: ["src/client.ts"], outfile: "out/client.js", platform: "node", format: "cjs", external: ["vscode"], mainFields: ["module", "main"] },
  { ...options, entryPoints: ["src/graph/page.ts"], outfile: "out/graph.js", platform: "browser", format: "iife" },
];
for (const build of builds) {
  if (process.argv.includes("--watch")) {
    await (await esbuild.context(build)).watch();
  } else {
    await esbuild.build(build);
  }
}
