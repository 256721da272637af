// Writes a client id of every role as JSON. Arguments: account, thing, instance.
import * as t from "../ts/topics.gen.ts";

const [account, thing, instance] = process.argv.slice(2) as [string, string, string];
const name = t.value("thing", thing);
const ids: Record<t.RoleName, t.ClientId> = {
  service: t.serviceClientId(instance),
  user: t.userClientId(t.value("account", account), instance),
  robot: t.robotClientId(name),
  device: t.deviceClientId(name),
  operator: t.operatorClientId(instance),
};
console.log(JSON.stringify(ids));
