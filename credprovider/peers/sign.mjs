// Signs requests with credentials of aws-crt's X.509 provider and prints what happened:
//   node sign.mjs HOST ROLE_ALIAS THING CERTIFICATE KEY CA concurrent|serial COUNT
// The provider itself is not reachable from JavaScript, so that a signature stands for a
// call of it. HOST is asked on port 443.
import { auth, http, io } from "aws-crt";

const [host, roleAlias, thingName, certificate, key, ca, how, count] = process.argv.slice(2);
const tls = io.TlsContextOptions.create_client_with_mtls_from_path(certificate, key);
tls.override_default_trust_store_from_path(undefined, ca);
const provider = auth.AwsCredentialsProvider.newX509({ endpoint: host, thingName, roleAlias, tlsContext: new io.ClientTlsContext(tls) });

async function sign() {
  const request = new http.HttpRequest("GET", "/", new http.HttpHeaders([["Host", "example.amazonaws.com"]]));
  const signed = await auth.aws_sign_request(request, {
    algorithm: auth.AwsSigningAlgorithm.SigV4,
    signature_type: auth.AwsSignatureType.HttpRequestViaHeaders,
    provider, region: "us-east-1", service: "dynamodb",
  });
  return /Credential=(\w+)\//.exec(signed.headers.get("Authorization"))[1];
}

const keys = new Set();
const errors = {};
const attempt = () => sign().then((id) => keys.add(id), (e) => { errors[e.error_name ?? e] = (errors[e.error_name ?? e] ?? 0) + 1; });
const start = performance.now();
if (how === "concurrent") {
  await Promise.all(Array.from({ length: +count }, attempt));
} else {
  for (let i = 0; i < +count; i++) await attempt();
}
console.log(JSON.stringify({ milliseconds: performance.now() - start, keys: [...keys], errors }));
process.exit(0); // the runtime's threads would keep it
