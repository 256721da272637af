"""Makes rules with every field of the supported actions, and reads them back."""
import json
import sys

import boto3

control, queue = sys.argv[1:3]
iot = boto3.client('iot', endpoint_url=control, region_name='us-east-1', aws_access_key_id='AKID', aws_secret_access_key='secret')
role = 'arn:aws:iam::123456789012:role/r'
headers = {
    'payloadFormatIndicator': 'UTF8_DATA', 'contentType': 'application/json', 'responseTopic': 'answers/${clientid()}',
    'correlationData': "${encode(topic(2), 'base64')}", 'messageExpiry': '60', 'userProperties': [{'key': 'rule', 'value': '${topic(1)}'}],
}
rules = {
    'store': [
        {'dynamoDBv2': {'roleArn': role, 'putItem': {'tableName': 'readings'}}},
        {'dynamoDB': {
            'tableName': 'log', 'roleArn': role, 'operation': 'INSERT', 'hashKeyField': 'device', 'hashKeyValue': '${topic(2)}', 'hashKeyType': 'STRING',
            'rangeKeyField': 'nN', 'rangeKeyValue': '${n}', 'rangeKeyType': 'NUMBER', 'payloadField': 'data'}},
    ],
    'tell': [
        {'sqs': {'roleArn': role, 'queueUrl': queue, 'useBase64': True}},
        {'lambda': {'functionArn': 'arn:aws:lambda:us-east-1:123456789012:function:f'}},
        {'republish': {'roleArn': role, 'topic': 'seen/${topic(2)}', 'qos': 1, 'headers': headers}},
    ],
}
for name, actions in rules.items():
    payload = {
        'sql': "SELECT *, topic(2) AS device FROM 'devices/+/data' WHERE n >= 1", 'description': 'of boto3', 'actions': actions,
        'ruleDisabled': False, 'awsIotSqlVersion': '2016-03-23', 'errorAction': {'sqs': {'roleArn': role, 'queueUrl': queue, 'useBase64': False}},
    }
    iot.create_topic_rule(ruleName=name, topicRulePayload=payload)
    rule = iot.get_topic_rule(ruleName=name)['rule']
    assert {k: rule[k] for k in payload} == payload, rule

try:
    iot.create_topic_rule(ruleName='bad', topicRulePayload={'sql': 'SELECT a b', 'actions': []})
    raise AssertionError('a wrong statement is taken')
except iot.exceptions.SqlParseException as e:
    assert '1:10' in str(e), e
try:
    iot.create_topic_rule(ruleName='bad', topicRulePayload={'sql': "SELECT * FROM 'a'", 'actions': [{'sns': {'targetArn': role, 'roleArn': role}}]})
    raise AssertionError('an action that is not supported is taken')
except iot.exceptions.InvalidRequestException as e:
    assert 'sns: not supported here' in str(e), e
assert sorted(r['ruleName'] for r in iot.list_topic_rules()['rules']) == ['store', 'tell']
