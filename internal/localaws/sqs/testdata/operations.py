"""Drives every SQS operation through the boto3 on the path, old or new, at the endpoint given."""
import sys
import boto3

sqs = boto3.client("sqs", endpoint_url=sys.argv[1], region_name="us-east-1",
                   aws_access_key_id="local", aws_secret_access_key="local")


def arn(url):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def receive(url):
    return sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"],
                               MessageAttributeNames=["All"]).get("Messages", [])


def fails(code, call, **arguments):
    try:
        call(**arguments)
    except sqs.exceptions.ClientError as e:
        assert e.response["Error"]["Code"] == code, (code, e.response)
        return e
    raise SystemExit("no error, want " + code)


fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
dead = sqs.create_queue(QueueName="dead.fifo", Attributes=fifo)["QueueUrl"]
policy = '{"deadLetterTargetArn":"%s","maxReceiveCount":1}' % arn(dead)
url = sqs.create_queue(QueueName="q.fifo", Attributes=dict(fifo, RedrivePolicy=policy), tags={"a": "b"})["QueueUrl"]
assert url == sys.argv[1] + "/000000000000/q.fifo", url
assert sqs.get_queue_url(QueueName="q.fifo")["QueueUrl"] == url
assert sqs.list_queues(QueueNamePrefix="q")["QueueUrls"] == [url]
assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]

sqs.tag_queue(QueueUrl=url, Tags={"c": "d", "e": ""})
sqs.untag_queue(QueueUrl=url, TagKeys=["a"])
assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"c": "d", "e": ""}

sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
assert attributes["VisibilityTimeout"] == "60" and attributes["FifoQueue"] == "true", attributes

sqs.add_permission(QueueUrl=url, Label="l", AWSAccountIds=["111122223333"], Actions=["SendMessage", "ReceiveMessage"])
assert "111122223333" in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
sqs.remove_permission(QueueUrl=url, Label="l")
fails("InvalidParameterValue", sqs.remove_permission, QueueUrl=url, Label="l")

values = {"n": {"DataType": "Number", "StringValue": "1"}, "b": {"DataType": "Binary.x", "BinaryValue": b"\x00\xff"}}
trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}}
body = "grüße <&>\r\n\t\"'"
sent = sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g", MessageAttributes=values, MessageSystemAttributes=trace)
twice = sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g")
assert (sent["MessageId"], sent["SequenceNumber"]) == (twice["MessageId"], twice["SequenceNumber"])
batch = sqs.send_message_batch(QueueUrl=url, Entries=[
    {"Id": "1", "MessageBody": "x", "MessageGroupId": "g"}, {"Id": "2", "MessageBody": "y"}])
assert batch["Successful"][0]["SequenceNumber"] > sent["SequenceNumber"], batch
assert batch["Failed"][0]["Code"] == "MissingParameter" and batch["Failed"][0]["SenderFault"] is True, batch

got = receive(url)
assert [m["Body"] for m in got] == [body, "x"], got
assert got[0]["MessageAttributes"] == values, got[0]
assert got[0]["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
assert got[0]["Attributes"]["AWSTraceHeader"] == "Root=1" and got[0]["Attributes"]["MessageGroupId"] == "g", got[0]
sqs.change_message_visibility_batch(QueueUrl=url, Entries=[{"Id": "0", "ReceiptHandle": got[0]["ReceiptHandle"], "VisibilityTimeout": 30}])
sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=got[0]["ReceiptHandle"], VisibilityTimeout=0)
sqs.delete_message(QueueUrl=url, ReceiptHandle=got[1]["ReceiptHandle"])
fails("ReceiptHandleIsInvalid", sqs.delete_message, QueueUrl=url, ReceiptHandle="x")

assert receive(url) == []  # received once too often: now in the dead-letter queue
task = sqs.start_message_move_task(SourceArn=arn(dead))["TaskHandle"]
results = sqs.list_message_move_tasks(SourceArn=arn(dead))["Results"]
assert results[0]["Status"] == "COMPLETED" and results[0]["ApproximateNumberOfMessagesMoved"] == 1, results
fails("AWS.SimpleQueueService.UnsupportedOperation", sqs.cancel_message_move_task, TaskHandle=task)
back = receive(url)
assert [m["Body"] for m in back] == [body], back
deleted = sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": "0", "ReceiptHandle": back[0]["ReceiptHandle"]}])
assert [s["Id"] for s in deleted["Successful"]] == ["0"], deleted

sqs.purge_queue(QueueUrl=url)
fails("AWS.SimpleQueueService.PurgeQueueInProgress", sqs.purge_queue, QueueUrl=url)
fails("AWS.SimpleQueueService.EmptyBatchRequest", sqs.delete_message_batch, QueueUrl=url, Entries=[])
sqs.delete_queue(QueueUrl=url)
gone = fails("AWS.SimpleQueueService.NonExistentQueue", sqs.receive_message, QueueUrl=url)
assert type(gone).__name__ == "QueueDoesNotExist", type(gone)
print("ok")
