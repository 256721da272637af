"""Uses SQS through boto3 at the endpoint given, and fails unless it behaves as AWS does."""
import sys
import boto3

sqs = boto3.client("sqs", endpoint_url=sys.argv[1], region_name="us-east-1",
                   aws_access_key_id="local", aws_secret_access_key="local")
dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
url = sqs.create_queue(QueueName="q", tags={"a": "b"}, Attributes={
    "RedrivePolicy": '{"deadLetterTargetArn":"%s","maxReceiveCount":"3"}' % arn})["QueueUrl"]
assert sqs.get_queue_url(QueueName="q")["QueueUrl"] == url
assert sorted(sqs.list_queues()["QueueUrls"]) == [dead, url]
assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "b"}
assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]

attributes = {"n": {"DataType": "Number", "StringValue": "1"}, "b": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
sent = sqs.send_message(QueueUrl=url, MessageBody="grüße", MessageAttributes=attributes)
batch = sqs.send_message_batch(QueueUrl=url, Entries=[
    {"Id": "1", "MessageBody": "x"}, {"Id": "2", "MessageBody": "y", "DelaySeconds": 1000}])
assert [s["Id"] for s in batch["Successful"]] == ["1"] and batch["Failed"][0]["Code"] == "InvalidParameterValue", batch

got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1,
                          AttributeNames=["All"], MessageAttributeNames=["All"])["Messages"]
assert [m["Body"] for m in got] == ["grüße", "x"], got
assert got[0]["MessageAttributes"] == attributes and got[0]["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
assert got[0]["Attributes"]["ApproximateReceiveCount"] == "1"
assert "Messages" not in sqs.receive_message(QueueUrl=url)
sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=got[0]["ReceiptHandle"], VisibilityTimeout=0)
deleted = sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(got)])
assert len(deleted["Successful"]) == 2

for call, code, kind in [
    (lambda: sqs.receive_message(QueueUrl=url + "x"), "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),
    (lambda: sqs.create_queue(QueueName="q", Attributes={"DelaySeconds": "9"}), "QueueAlreadyExists", "QueueNameExists"),
    (lambda: sqs.delete_message(QueueUrl=url, ReceiptHandle="x"), "ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid"),
    (lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=11), "InvalidParameterValue", "ClientError"),
]:
    try:
        call()
        raise SystemExit("no error, want " + code)
    except sqs.exceptions.ClientError as e:
        assert e.response["Error"]["Code"] == code and type(e).__name__ == kind, (e.response, type(e))
sqs.purge_queue(QueueUrl=url)
sqs.delete_queue(QueueUrl=url)
print("ok")
