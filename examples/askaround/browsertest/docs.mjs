// node docs.mjs URL CHROMIUM PICTURE: tries one operation of each API from the
// documentation page of a running example, which has no token yet, and wants a success of
// each; no request may go elsewhere.
import { chromium } from "playwright-core";

const [base, executablePath, picture] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1300, height: 1400 } });
const faults = [];
page.on("request", (r) => {
  if (!r.url().startsWith(base) && !/^(data|blob):/.test(r.url())) faults.push(`a request to ${r.url()}`);
});
page.on("pageerror", (e) => faults.push(e.message));
page.on("console", (m) => { if (m.type() === "error") faults.push(m.text()); });

/** Sends the example of an operation and returns the status of its answer. */
async function attempt(api, summary) {
  await page.goto(base + "docs/");
  await page.locator(".topbar select").selectOption({ label: api });
  await page.getByText(summary).click();
  await page.getByRole("button", { name: "Execute" }).click();
  const status = page.locator(".live-responses-table tr.response td.response-col_status");
  return (await status.first().innerText()).trim();
}

for (const [api, summary] of [
  ["Ask Around Me", "Name the topics of the caller"],
  ["Telepresence robot", "Send an action to the robot"],
  ["Devices", "Send a message to the device"],
]) {
  const status = await attempt(api, summary);
  console.log(`${api}: ${summary}: ${status}`);
  if (status !== "200") faults.push(`${summary}: ${status}`);
}
await page.screenshot({ path: picture });
await browser.close();
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
