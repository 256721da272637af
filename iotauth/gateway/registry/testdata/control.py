"""Calls every operation of the control plane by boto3, and checks each answer."""
import base64
import json
import sys

import boto3
import botocore.exceptions

import shapes

url, given = sys.argv[1], json.load(sys.stdin)
iot = boto3.client('iot', endpoint_url=url, region_name='us-east-1', aws_access_key_id=given['keyID'], aws_secret_access_key=given['secret'])
called, refusals = set(), []


def after(http_response, model, **_):
    if http_response.status_code == 200:
        shapes.check(model.name, http_response.content, http_response.headers)
        called.add(model.name)


iot.meta.events.register('after-call.iot', after)


def refused(code, fn, **args):
    """Expects a refusal, by its code and the status that the model has for it."""
    try:
        fn(**args)
    except botocore.exceptions.ClientError as e:
        assert e.response['Error']['Code'] == code, f"{e.operation_name}: {e.response['Error']}, not {code}"
        status = e.response['ResponseMetadata']['HTTPStatusCode']
        want = shapes.MODEL.shape_for(code).metadata['error']['httpStatusCode']
        assert status == want, f'{e.operation_name}: {code} with status {status}, not {want}'
        assert e.response['Error']['Message'], f'{e.operation_name}: no message'
        refusals.append(e.operation_name)
        return e.response
    raise AssertionError(f'{fn.__name__}{args} was not refused by {code}')


def things():
    iot.create_thing_type(thingTypeName='thermostat', thingTypeProperties={'thingTypeDescription': 'a type', 'searchableAttributes': ['owner']})
    assert iot.describe_thing_type(thingTypeName='thermostat')['thingTypeMetadata']['deprecated'] is False
    iot.update_thing_type(thingTypeName='thermostat', thingTypeProperties={'searchableAttributes': ['owner', 'room']})
    t = iot.create_thing(thingName='t1', thingTypeName='thermostat', attributePayload={'attributes': {'owner': 'Alice'}})
    assert t['thingArn'] == 'arn:aws:iot:us-east-1:123456789012:thing/t1', t
    assert iot.create_thing(thingName='t1', thingTypeName='thermostat', attributePayload={'attributes': {'owner': 'Alice'}})['thingId'] == t['thingId']
    e = refused('ResourceAlreadyExistsException', iot.create_thing, thingName='t1')
    assert e['resourceArn'] == t['thingArn'] and e['resourceId'] == t['thingId'], e
    refused('ResourceNotFoundException', iot.create_thing, thingName='t2', thingTypeName='nothing')
    refused('InvalidRequestException', iot.create_thing, thingName='t2', billingGroupName='b')
    iot.update_thing(thingName='t1', attributePayload={'attributes': {'room': 'hall', 'owner': ''}, 'merge': True}, expectedVersion=1)
    refused('VersionConflictException', iot.update_thing, thingName='t1', expectedVersion=1, removeThingType=True)
    d = iot.describe_thing(thingName='t1')
    assert (d['attributes'], d['version'], d['thingTypeName'], d['defaultClientId']) == ({'room': 'hall'}, 2, 'thermostat', 't1'), d
    refused('ResourceNotFoundException', iot.describe_thing, thingName='nobody')
    for i in range(7):
        iot.create_thing(thingName=f'page{i}', attributePayload={'attributes': {'floor': str(i % 2)}})
    names = [t['thingName'] for page in iot.get_paginator('list_things').paginate(PaginationConfig={'PageSize': 3}) for t in page['things']]
    assert names == ['t1'] + [f'page{i}' for i in range(7)], names
    odd = iot.list_things(attributeName='floor', attributeValue='1')['things']
    assert [t['thingName'] for t in odd] == ['page1', 'page3', 'page5'], odd
    assert [t['thingTypeName'] for t in iot.list_thing_types(thingTypeName='therm')['thingTypes']] == ['thermostat']
    refused('InvalidRequestException', iot.list_things, nextToken='not a token')
    for i in range(7):
        iot.delete_thing(thingName=f'page{i}')
    iot.delete_thing(thingName='never')
    iot.create_thing_type(thingTypeName='old')
    refused('InvalidRequestException', iot.delete_thing_type, thingTypeName='old')
    iot.deprecate_thing_type(thingTypeName='old')
    refused('InvalidRequestException', iot.create_thing, thingName='t2', thingTypeName='old')
    iot.delete_thing_type(thingTypeName='old')


def groups():
    iot.create_thing_group(thingGroupName='house', thingGroupProperties={'thingGroupDescription': 'all', 'attributePayload': {'attributes': {'a': 'b'}}})
    iot.create_thing_group(thingGroupName='floor', parentGroupName='house')
    room = iot.create_thing_group(thingGroupName='room', parentGroupName='floor')
    d = iot.describe_thing_group(thingGroupName='room')
    assert [g['groupName'] for g in d['thingGroupMetadata']['rootToParentThingGroups']] == ['house', 'floor'], d
    assert iot.update_thing_group(thingGroupName='house', thingGroupProperties={'thingGroupDescription': 'whole'}, expectedVersion=1)['version'] == 2
    refused('VersionConflictException', iot.update_thing_group, thingGroupName='house', thingGroupProperties={}, expectedVersion=1)
    iot.add_thing_to_thing_group(thingGroupArn=room['thingGroupArn'], thingName='t1')
    refused('InvalidRequestException', iot.add_thing_to_thing_group, thingGroupName='house', thingName='t1')
    refused('InvalidRequestException', iot.add_thing_to_thing_group, thingName='t1')
    assert iot.list_things_in_thing_group(thingGroupName='house')['things'] == []
    assert iot.list_things_in_thing_group(thingGroupName='house', recursive=True)['things'] == ['t1']
    assert [g['groupName'] for g in iot.list_thing_groups_for_thing(thingName='t1')['thingGroups']] == ['room']
    assert [g['groupName'] for g in iot.list_thing_groups()['thingGroups']] == ['house', 'floor', 'room']
    assert [g['groupName'] for g in iot.list_thing_groups(recursive=False)['thingGroups']] == ['house']
    assert [g['groupName'] for g in iot.list_thing_groups(parentGroup='house', namePrefixFilter='r')['thingGroups']] == ['room']
    iot.remove_thing_from_thing_group(thingGroupName='room', thingName='t1')
    iot.update_thing_groups_for_thing(thingName='t1', thingGroupsToAdd=['floor'])
    refused('InvalidRequestException', iot.delete_thing_group, thingGroupName='house')
    iot.delete_thing_group(thingGroupName='room')
    refused('ResourceNotFoundException', iot.describe_thing_group, thingGroupName='room')


def certificates():
    made = iot.create_keys_and_certificate(setAsActive=True)
    signed = iot.create_certificate_from_csr(certificateSigningRequest=given['csr'])
    foreign = iot.register_certificate(certificatePem=given['signed'], caCertificatePem=given['ca'], setAsActive=True)
    alone = iot.register_certificate_without_ca(certificatePem=given['alone'], status='ACTIVE')
    refused('ResourceAlreadyExistsException', iot.register_certificate_without_ca, certificatePem=given['alone'])
    refused('CertificateValidationException', iot.register_certificate, certificatePem=given['alone'], caCertificatePem=given['ca'])
    refused('CertificateValidationException', iot.register_certificate_without_ca, certificatePem='no certificate')
    refused('InvalidRequestException', iot.create_certificate_from_csr, certificateSigningRequest=given['ca'])
    d = iot.describe_certificate(certificateId=signed['certificateId'])['certificateDescription']
    assert (d['status'], d['certificateMode'], d['certificatePem']) == ('INACTIVE', 'DEFAULT', signed['certificatePem']), d
    ids = [c['certificateId'] for c in iot.list_certificates(ascendingOrder=True)['certificates']]
    assert ids == [c['certificateId'] for c in (made, signed, foreign, alone)], ids
    reverse = [c['certificateId'] for page in iot.get_paginator('list_certificates').paginate(PaginationConfig={'PageSize': 1}) for c in page['certificates']]
    assert reverse == ids[::-1], reverse
    iot.attach_thing_principal(thingName='t1', principal=made['certificateArn'], thingPrincipalType='EXCLUSIVE_THING')
    iot.create_thing(thingName='t2')
    refused('InvalidRequestException', iot.attach_thing_principal, thingName='t2', principal=made['certificateArn'])
    iot.attach_thing_principal(thingName='t1', principal=alone['certificateArn'])
    assert iot.list_thing_principals(thingName='t1')['principals'] == sorted([made['certificateArn'], alone['certificateArn']])
    v2 = iot.list_thing_principals_v2(thingName='t1', thingPrincipalType='EXCLUSIVE_THING')['thingPrincipalObjects']
    assert v2 == [{'principal': made['certificateArn'], 'thingPrincipalType': 'EXCLUSIVE_THING'}], v2
    assert iot.list_principal_things(principal=made['certificateArn'])['things'] == ['t1']
    assert iot.list_principal_things_v2(principal=alone['certificateArn'])['principalThingObjects'] == [{'thingName': 't1', 'thingPrincipalType': 'NON_EXCLUSIVE_THING'}]
    refused('InvalidRequestException', iot.delete_thing, thingName='t1')
    refused('CertificateStateException', iot.delete_certificate, certificateId=alone['certificateId'])
    iot.update_certificate(certificateId=alone['certificateId'], newStatus='REVOKED')
    refused('InvalidRequestException', iot.update_certificate, certificateId=alone['certificateId'], newStatus='PENDING_TRANSFER')
    refused('DeleteConflictException', iot.delete_certificate, certificateId=alone['certificateId'])
    iot.detach_thing_principal(thingName='t1', principal=alone['certificateArn'])
    iot.delete_certificate(certificateId=alone['certificateId'])
    refused('ResourceNotFoundException', iot.describe_certificate, certificateId=alone['certificateId'])
    return made['certificateArn'], foreign['certificateArn']


def document(*statements):
    return json.dumps({'Version': '2012-10-17', 'Statement': list(statements)})


def arn(resource):
    return 'arn:aws:iot:us-east-1:123456789012:' + resource


def policies(made, foreign):
    connect = document({'Effect': 'Allow', 'Action': 'iot:Connect', 'Resource': arn('client/${iot:Connection.Thing.ThingName}')})
    p = iot.create_policy(policyName='devices', policyDocument=connect)
    assert (p['policyVersionId'], p['policyDocument']) == ('1', connect), p
    refused('ResourceAlreadyExistsException', iot.create_policy, policyName='devices', policyDocument=connect)
    refused('MalformedPolicyException', iot.create_policy, policyName='bad', policyDocument='{')
    iot.attach_policy(policyName='devices', target=made)
    refused('ResourceNotFoundException', iot.attach_policy, policyName='nothing', target=made)
    assert iot.list_attached_policies(target=made)['policies'] == [{'policyName': 'devices', 'policyArn': p['policyArn']}]
    assert iot.list_targets_for_policy(policyName='devices')['targets'] == [made]
    wide = document({'Effect': 'Allow', 'Action': 'iot:*', 'Resource': '*'}, {'Effect': 'Deny', 'Action': 'iot:Publish', 'Resource': arn('topic/secret')})
    v = iot.create_policy_version(policyName='devices', policyDocument=wide, setAsDefault=True)
    assert (v['policyVersionId'], v['isDefaultVersion']) == ('2', True), v
    for i in range(3):
        iot.create_policy_version(policyName='devices', policyDocument=connect)
    refused('VersionsLimitExceededException', iot.create_policy_version, policyName='devices', policyDocument=connect)
    iot.delete_policy_version(policyName='devices', policyVersionId='5')
    refused('InvalidRequestException', iot.delete_policy_version, policyName='devices', policyVersionId='2')
    assert [v['versionId'] for v in iot.list_policy_versions(policyName='devices')['policyVersions']] == ['1', '2', '3', '4']
    assert iot.get_policy(policyName='devices')['policyDocument'] == wide
    assert iot.get_policy_version(policyName='devices', policyVersionId='3')['isDefaultVersion'] is False
    authorization(made)
    iot.set_default_policy_version(policyName='devices', policyVersionId='1')
    refused('ResourceNotFoundException', iot.set_default_policy_version, policyName='devices', policyVersionId='9')
    group = iot.describe_thing_group(thingGroupName='house')['thingGroupArn']
    iot.create_policy(policyName='of.group', policyDocument=wide)
    iot.attach_policy(policyName='of.group', target=group)
    floor = iot.describe_thing_group(thingGroupName='floor')['thingGroupArn']
    assert [p['policyName'] for p in iot.list_attached_policies(target=floor, recursive=True)['policies']] == ['of.group']
    effective = iot.get_effective_policies(principal=made, thingName='t1')['effectivePolicies']
    assert [p['policyName'] for p in effective] == ['devices', 'of.group'], effective
    iot.attach_principal_policy(policyName='devices', principal=foreign)
    assert [p['policyName'] for p in iot.list_principal_policies(principal=foreign)['policies']] == ['devices']
    assert iot.list_policy_principals(policyName='devices')['principals'] == sorted([made, foreign])
    iot.detach_principal_policy(policyName='devices', principal=foreign)
    assert [p['policyName'] for p in iot.list_policies(ascendingOrder=True)['policies']] == ['devices', 'of.group']
    refused('DeleteConflictException', iot.delete_policy, policyName='devices')
    iot.detach_policy(policyName='of.group', target=group)
    iot.delete_policy(policyName='of.group')


def authorization(made):
    results = iot.test_authorization(principal=made, clientId='t1', policyNamesToSkip=[], authInfos=[
        {'actionType': 'CONNECT', 'resources': [arn('client/t1')]},
        {'actionType': 'PUBLISH', 'resources': [arn('topic/a'), arn('topic/secret')]}])['authResults']
    assert [r['authDecision'] for r in results] == ['ALLOWED', 'EXPLICIT_DENY'], results
    assert results[1]['denied']['explicitDeny']['policies'][0]['policyName'] == 'devices', results
    skipped = iot.test_authorization(principal=made, clientId='t1', policyNamesToSkip=['devices'], authInfos=[
        {'actionType': 'RECEIVE', 'resources': [arn('topic/a')]}])['authResults']
    assert skipped[0]['authDecision'] == 'IMPLICIT_DENY', skipped
    refused('InvalidRequestException', iot.test_authorization, principal='us-east-1:identity', authInfos=[{'actionType': 'CONNECT', 'resources': ['*']}])


def authorizers():
    a = iot.create_authorizer(authorizerName='Mine', authorizerFunctionArn=given['function'], tokenKeyName='Token',
                              tokenSigningPublicKeys={'first': given['publicKey']}, status='ACTIVE')
    refused('ResourceAlreadyExistsException', iot.create_authorizer, authorizerName='Mine', authorizerFunctionArn=given['function'], signingDisabled=True)
    refused('InvalidRequestException', iot.create_authorizer, authorizerName='Other', authorizerFunctionArn='arn:aws:lambda:us-east-1:123456789012:function:nothing', signingDisabled=True)
    refused('InvalidRequestException', iot.create_authorizer, authorizerName='Other', authorizerFunctionArn=given['function'])
    refused('ResourceNotFoundException', iot.describe_default_authorizer)
    assert iot.set_default_authorizer(authorizerName='Mine')['authorizerArn'] == a['authorizerArn']
    assert iot.describe_default_authorizer()['authorizerDescription']['authorizerName'] == 'Mine'
    refused('DeleteConflictException', iot.delete_authorizer, authorizerName='Mine')
    iot.clear_default_authorizer()
    iot.update_authorizer(authorizerName='Mine', enableCachingForHttp=True)
    d = iot.describe_authorizer(authorizerName='Mine')['authorizerDescription']
    assert (d['status'], d['enableCachingForHttp'], d['signingDisabled']) == ('ACTIVE', True, False), d
    r = iot.test_invoke_authorizer(authorizerName='Mine', token=given['token'], tokenSignature=given['signature'],
                                   httpContext={'headers': {'a': 'b'}, 'queryString': '?x=y'}, tlsContext={'serverName': 'localhost'},
                                   mqttContext={'username': 'u', 'password': b'secret', 'clientId': 'c'})
    answer = given['answer']
    assert [json.loads(p) for p in r['policyDocuments']] == answer['policyDocuments'], r
    for name in ('isAuthenticated', 'principalId', 'refreshAfterInSeconds', 'disconnectAfterInSeconds'):
        assert r[name] == answer[name], r
    wrong = base64.b64encode(b'x' * 256).decode()
    refused('InvalidRequestException', iot.test_invoke_authorizer, authorizerName='Mine', token=given['token'], tokenSignature=wrong)
    refused('InvalidResponseException', iot.test_invoke_authorizer, authorizerName='Mine', token='fail', tokenSignature=given['signatureOfFail'])
    assert iot.list_authorizers(status='ACTIVE')['authorizers'] == [{'authorizerName': 'Mine', 'authorizerArn': a['authorizerArn']}]
    iot.update_authorizer(authorizerName='Mine', status='INACTIVE')
    iot.delete_authorizer(authorizerName='Mine')
    refused('ResourceNotFoundException', iot.describe_authorizer, authorizerName='Mine')


def account():
    role = 'arn:aws:iam::123456789012:role/r'
    iot.create_role_alias(roleAlias='alias', roleArn=role)
    refused('ResourceAlreadyExistsException', iot.create_role_alias, roleAlias='alias', roleArn=role)
    iot.update_role_alias(roleAlias='alias', credentialDurationSeconds=900)
    d = iot.describe_role_alias(roleAlias='alias')['roleAliasDescription']
    assert (d['roleArn'], d['credentialDurationSeconds'], d['owner']) == (role, 900, '123456789012'), d
    assert iot.list_role_aliases()['roleAliases'] == ['alias']
    iot.delete_role_alias(roleAlias='alias')
    refused('ResourceNotFoundException', iot.delete_role_alias, roleAlias='alias')
    assert iot.describe_endpoint(endpointType='iot:Data-ATS')['endpointAddress'] == 'localhost:8883'
    assert iot.describe_endpoint()['endpointAddress'] == 'localhost'
    refused('InvalidRequestException', iot.describe_endpoint, endpointType='iot:Other')


def rules():
    payload = {'sql': "SELECT * FROM 'a/+/b' WHERE x > 1", 'actions': [{'republish': {'roleArn': 'arn:aws:iam::123456789012:role/r', 'topic': 'c'}}]}
    iot.create_topic_rule(ruleName='r1', topicRulePayload=payload)
    refused('ResourceAlreadyExistsException', iot.create_topic_rule, ruleName='r1', topicRulePayload=payload)
    refused('SqlParseException', iot.create_topic_rule, ruleName='r2', topicRulePayload=dict(payload, sql='SELECT'))
    iot.replace_topic_rule(ruleName='r1', topicRulePayload=dict(payload, description='new'))
    r = iot.get_topic_rule(ruleName='r1')['rule']
    assert (r['sql'], r['description'], r['ruleDisabled'], r['actions']) == (payload['sql'], 'new', False, payload['actions']), r
    iot.disable_topic_rule(ruleName='r1')
    assert [r['topicPattern'] for r in iot.list_topic_rules(ruleDisabled=True)['rules']] == ['a/+/b']
    iot.enable_topic_rule(ruleName='r1')
    assert iot.list_topic_rules(ruleDisabled=True)['rules'] == []
    iot.delete_topic_rule(ruleName='r1')


things()
groups()
made, foreign = certificates()
policies(made, foreign)
authorizers()
account()
rules()
try:
    iot.list_jobs()
    raise AssertionError('ListJobs was answered')
except botocore.exceptions.ClientError as e:
    assert e.response['Error']['Code'] == 'UnknownOperationException', e.response
json.dump({'called': sorted(called), 'refusals': len(refusals)}, sys.stdout)
