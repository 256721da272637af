// Reads streams from standard input, each a list of pieces, and writes the events of each.
import { EventParser } from "../ts/events.ts";

declare const process: { stdin: AsyncIterable<string> & { setEncoding(e: string): void } };

process.stdin.setEncoding("utf8");
let input = "";
for await (const chunk of process.stdin) input += chunk;
const streams = JSON.parse(input) as string[][];
console.log(JSON.stringify(streams.map((pieces) => {
  const parser = new EventParser();
  return pieces.flatMap((p) => parser.push(p)).map((e) => [e.id, e.type, e.data]);
})));
