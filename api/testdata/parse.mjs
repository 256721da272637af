// Reads an AsyncAPI document with the specification's own parser. Writes what it finds as
// JSON: diagnostics (severity 0 is an error) and the numbers of channels and operations.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const file = process.argv[2];
const { document, diagnostics } = await new Parser().parse(readFileSync(file, "utf8"), { source: file });
console.log(JSON.stringify({
  diagnostics: diagnostics.map((d) => ({ severity: d.severity, text: `${d.path.join("/")}: ${d.message}` })),
  channels: document?.allChannels().length ?? 0,
  operations: document?.allOperations().length ?? 0,
}));
