"""Runs the AWS CLI, all of its commands that the control plane answers, in one process."""
import contextlib
import io
import json
import os
import sys
import tempfile

import awscli.clidriver
import botocore.session
from botocore import xform_name

url, given = sys.argv[1], json.load(sys.stdin)
os.environ.update(AWS_ACCESS_KEY_ID=given['keyID'], AWS_SECRET_ACCESS_KEY=given['secret'], AWS_PAGER='')
driver = awscli.clidriver.create_clidriver()
names = {xform_name(name, '-'): name for name in botocore.session.get_session().get_service_model('iot').operation_names}
called = set()


def run(command, *args, status=0):
    """One command. Returns the JSON that it printed, or what it said where it failed."""
    out, err = io.TextIOWrapper(io.BytesIO(), write_through=True), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        got = driver.main(['iot', command, *args, '--endpoint-url', url, '--output', 'json'])
    text = out.buffer.getvalue().decode()
    assert got == status, f'aws iot {command} {args}: status {got}\n{text}\n{err.getvalue()}'
    if status != 0:
        return err.getvalue()
    called.add(names[command])
    return json.loads(text) if text else None


def file(text):
    with tempfile.NamedTemporaryFile('w', delete=False) as f:
        f.write(text)
    files.append(f.name)
    return 'file://' + f.name


files = []
account = 'arn:aws:iot:us-east-1:123456789012:'
document = json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 'iot:*', 'Resource': '*'}]})

run('create-thing-type', '--thing-type-name', 'k', '--thing-type-properties', 'thingTypeDescription=some,searchableAttributes=a,b')
run('describe-thing-type', '--thing-type-name', 'k')
run('update-thing-type', '--thing-type-name', 'k', '--thing-type-properties', 'searchableAttributes=a')
assert len(run('list-thing-types')['thingTypes']) == 1
assert run('create-thing', '--thing-name', 't')['thingArn'] == account + 'thing/t'
run('update-thing', '--thing-name', 't', '--attribute-payload', '{"attributes": {"a": "b"}}')
assert run('describe-thing', '--thing-name', 't')['attributes'] == {'a': 'b'}
for i in range(5):
    run('create-thing', '--thing-name', f'u{i}')
assert [t['thingName'] for t in run('list-things', '--page-size', '2')['things']] == ['t', 'u0', 'u1', 'u2', 'u3', 'u4']
said = run('describe-thing', '--thing-name', 'nobody', status=254 if awscli.__version__ > '2' else 255)
assert 'An error occurred (ResourceNotFoundException) when calling the DescribeThing operation: Thing nobody not found' in said, said

run('create-thing-group', '--thing-group-name', 'g')
run('create-thing-group', '--thing-group-name', 'h', '--parent-group-name', 'g')
run('describe-thing-group', '--thing-group-name', 'h')
run('update-thing-group', '--thing-group-name', 'h', '--thing-group-properties', 'thingGroupDescription=x')
run('add-thing-to-thing-group', '--thing-name', 't', '--thing-group-name', 'h')
assert run('list-things-in-thing-group', '--thing-group-name', 'g', '--recursive')['things'] == ['t']
assert run('list-thing-groups-for-thing', '--thing-name', 't')['thingGroups'][0]['groupName'] == 'h'
assert len(run('list-thing-groups')['thingGroups']) == 2
run('update-thing-groups-for-thing', '--thing-name', 't', '--thing-groups-to-remove', 'h')
run('remove-thing-from-thing-group', '--thing-name', 't', '--thing-group-name', 'h')

made = run('create-keys-and-certificate', '--set-as-active')
assert made['keyPair']['PrivateKey'].startswith('-----BEGIN RSA PRIVATE KEY-----')
signed = run('create-certificate-from-csr', '--certificate-signing-request', file(given['csr']))
run('register-certificate', '--certificate-pem', file(given['signed']), '--ca-certificate-pem', file(given['ca']), '--set-as-active')
run('register-certificate-without-ca', '--certificate-pem', file(given['alone']), '--status', 'ACTIVE')
run('describe-certificate', '--certificate-id', made['certificateId'])
assert len(run('list-certificates')['certificates']) == 4
run('update-certificate', '--certificate-id', signed['certificateId'], '--new-status', 'REVOKED')
run('delete-certificate', '--certificate-id', signed['certificateId'])
principal = made['certificateArn']
run('attach-thing-principal', '--thing-name', 't', '--principal', principal)
assert run('list-thing-principals', '--thing-name', 't')['principals'] == [principal]
assert run('list-thing-principals-v2', '--thing-name', 't')['thingPrincipalObjects'][0]['thingPrincipalType'] == 'NON_EXCLUSIVE_THING'
assert run('list-principal-things', '--principal', principal)['things'] == ['t']
run('list-principal-things-v2', '--principal', principal)

run('create-policy', '--policy-name', 'p', '--policy-document', file(document))
run('create-policy-version', '--policy-name', 'p', '--policy-document', document, '--set-as-default')
assert run('get-policy', '--policy-name', 'p')['defaultVersionId'] == '2'
run('get-policy-version', '--policy-name', 'p', '--policy-version-id', '1')
assert len(run('list-policy-versions', '--policy-name', 'p')['policyVersions']) == 2
run('set-default-policy-version', '--policy-name', 'p', '--policy-version-id', '1')
run('delete-policy-version', '--policy-name', 'p', '--policy-version-id', '2')
run('attach-policy', '--policy-name', 'p', '--target', principal)
assert run('list-attached-policies', '--target', principal)['policies'][0]['policyName'] == 'p'
assert run('list-targets-for-policy', '--policy-name', 'p')['targets'] == [principal]
assert run('list-principal-policies', '--principal', principal)['policies'][0]['policyName'] == 'p'
assert run('list-policy-principals', '--policy-name', 'p')['principals'] == [principal]
assert len(run('list-policies')['policies']) == 1
assert len(run('get-effective-policies', '--principal', principal)['effectivePolicies']) == 1
decided = run('test-authorization', '--principal', principal, '--client-id', 't', '--auth-infos', f'actionType=CONNECT,resources={account}client/t')
assert decided['authResults'][0]['authDecision'] == 'ALLOWED', decided
run('detach-policy', '--policy-name', 'p', '--target', principal)
run('attach-principal-policy', '--policy-name', 'p', '--principal', principal)
run('detach-principal-policy', '--policy-name', 'p', '--principal', principal)
run('delete-policy', '--policy-name', 'p')
run('detach-thing-principal', '--thing-name', 't', '--principal', principal)
run('delete-thing', '--thing-name', 't')
run('delete-thing-group', '--thing-group-name', 'h')
run('deprecate-thing-type', '--thing-type-name', 'k')
run('delete-thing-type', '--thing-type-name', 'k')

run('create-authorizer', '--authorizer-name', 'A', '--authorizer-function-arn', given['function'], '--token-key-name', 'Token',
    '--token-signing-public-keys', 'first=' + given['publicKey'], '--status', 'ACTIVE')
run('set-default-authorizer', '--authorizer-name', 'A')
assert run('describe-default-authorizer') == run('describe-authorizer', '--authorizer-name', 'A')
invoked = run('test-invoke-authorizer', '--authorizer-name', 'A', '--token', given['token'], '--token-signature', given['signature'])
answer = given['answer']
assert [json.loads(p) for p in invoked.pop('policyDocuments')] == answer.pop('policyDocuments'), invoked
assert invoked == answer, invoked
assert len(run('list-authorizers')['authorizers']) == 1
run('clear-default-authorizer')
run('update-authorizer', '--authorizer-name', 'A', '--status', 'INACTIVE')
run('delete-authorizer', '--authorizer-name', 'A')

role = 'arn:aws:iam::123456789012:role/r'
run('create-role-alias', '--role-alias', 'a', '--role-arn', role, '--credential-duration-seconds', '3600')
run('update-role-alias', '--role-alias', 'a', '--credential-duration-seconds', '900')
assert run('describe-role-alias', '--role-alias', 'a')['roleAliasDescription']['credentialDurationSeconds'] == 900
assert run('list-role-aliases')['roleAliases'] == ['a']
run('delete-role-alias', '--role-alias', 'a')
assert run('describe-endpoint', '--endpoint-type', 'iot:Data-ATS') == {'endpointAddress': 'localhost:8883'}

rule = {'sql': "SELECT * FROM 'a/b'", 'actions': [{'lambda': {'functionArn': given['function']}}]}
run('create-topic-rule', '--rule-name', 'r', '--topic-rule-payload', json.dumps(rule))
run('replace-topic-rule', '--rule-name', 'r', '--topic-rule-payload', json.dumps(rule))
run('disable-topic-rule', '--rule-name', 'r')
assert run('get-topic-rule', '--rule-name', 'r')['rule']['ruleDisabled'] is True
run('enable-topic-rule', '--rule-name', 'r')
assert run('list-topic-rules')['rules'][0]['topicPattern'] == 'a/b'
run('delete-topic-rule', '--rule-name', 'r')

for name in files:
    os.remove(name)
json.dump(sorted(called), sys.stdout)
