// Reads a JSON list of texts and writes the channel of each in a line of its own, empty
// where it is no topic.
import { readFileSync } from "node:fs";
import { parse } from "../ts/topics.gen.ts";

const texts = JSON.parse(readFileSync(0, "utf8")) as string[];
console.log(texts.map((t) => parse(t)?.channel ?? "").join("\n"));
