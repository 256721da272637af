// Calls a running Ask Around Me with the TypeScript client, as its users do: asks, waits for
// the outcomes, reads the list in pages, hears the news.
import { AskAround, isProblem, OperationFailed } from "../../../../api/ts/askaround.ts";

declare const process: { argv: string[] };
const [, , url, ann, bob] = process.argv;
const client = new AskAround(url!, { token: ann! }), other = new AskAround(url!, { token: async () => bob! });
const location = { lat: 51.5, lng: -0.1 };

const asked = await Promise.all(Array.from({ length: 30 }, (_, i) => client.askQuestion({ text: `question ${i}`, kind: "star", location })));
const outcomes = await Promise.all(asked.map((a) => a.outcome({ patience: 60_000 })));
console.log("asked", new Set(outcomes.filter((o) => o.status === "succeeded").map((o) => o.question)).size);

const listed = new Set<string>();
for await (const q of other.questions({ ...location, limit: 7 })) listed.add(q.id);
console.log("listed", asked.filter((a) => listed.has(a.question)).length);

const question = asked[0]!.question, control = new AbortController();
const news = (async () => {
  for await (const e of other.events({ questions: [question] }, { signal: control.signal })) if (e.type === "summary") return e.message.answers;
  return undefined;
})();
// An answer that is given before the news is listened to would not be heard: give it until it is.
let heard: number | undefined;
void news.then((n) => (heard = n));
for (let stars = 0; heard === undefined; stars = (stars + 1) % 6) await (await other.putAnswer(question, { stars })).outcome({ patience: 60_000 });
control.abort();
console.log("heard", heard);

const own = await client.putAnswer(question, { stars: 5 });
await own.outcome().catch((e: unknown) => console.log("failed", e instanceof OperationFailed && e.code));
await client.getQuestion("none").catch((e: unknown) => console.log("refused", isProblem(e) && e.kind));
console.log("answer", (await other.getAnswer(question))?.stars !== undefined, await client.getAnswer(question));
