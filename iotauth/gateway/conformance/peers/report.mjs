// What every client is to find out, and to tell in one line of JSON.

const deadline = setTimeout(() => { console.error('no end within a minute'); process.exit(3); }, 60_000);

export const own = 'sensors/7/t', others = 'other/t';

export function tell(report) {
  clearTimeout(deadline);
  console.log(JSON.stringify(report));
}

export function arguments_() {
  return Object.fromEntries(process.argv.slice(2).map((a) => {
    const i = a.indexOf('=');
    return [a.slice(0, i), a.slice(i + 1)];
  }));
}
