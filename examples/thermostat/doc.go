// Command thermostat is a home thermostat that writes its temperature and humidity to
// DynamoDB. On it are a certificate and a key, and no keys of AWS: the AWS IoT credentials
// provider exchanges the certificate for a token that lasts an hour.
//
//	go run ./examples/thermostat
//
// needs no account and no network. It sets an account up in the process, with AWS IoT's
// credentials endpoint, its registry and DynamoDB; is then the thermostat, from the TLS
// handshake with the device's certificate to the record in the table; and tells each step.
// The last step is one that fails: the table of another's thermostat.
//
//	go run ./examples/thermostat -serve DIR
//
// leaves the account running, and the thermostat's files in DIR, to try iotcreds and the
// AWS CLI with; it prints the commands.
//
// # On AWS
//
// The four files in policies are those of the account. They name region us-east-1 and
// account 123456789012: put in yours. A certificate authority of your own is registered as
// https://docs.aws.amazon.com/iot/latest/developerguide/register-CA-cert.html says; here
// AWS IoT signs.
//
//	aws iot create-thing-type --thing-type-name thermostat
//	aws iot create-thing --thing-name MyHomeThermostat --thing-type-name thermostat \
//		--attribute-payload '{"attributes": {"owner": "Alice"}}'
//	aws iot create-keys-and-certificate --set-as-active \
//		--certificate-pem-outfile device.pem --private-key-outfile device.key
//	aws iot attach-thing-principal --thing-name MyHomeThermostat --principal CERTIFICATE-ARN
//
//	aws iam create-role --role-name dynamodb-access-role --assume-role-policy-document file://trustpolicyforiot.json
//	aws iam put-role-policy --role-name dynamodb-access-role --policy-name dynamodb \
//		--policy-document file://accesspolicyfordynamodb.json
//	aws iam put-user-policy --user-name YOU --policy-name passrole --policy-document file://passrolepermission.json
//
//	aws iot create-role-alias --role-alias Thermostat-dynamodb-access-role-alias \
//		--role-arn arn:aws:iam::123456789012:role/dynamodb-access-role --credential-duration-seconds 3600
//	aws iot create-policy --policy-name alicethermostatpolicy --policy-document file://alicethermostatpolicy.json
//	aws iot attach-policy --policy-name alicethermostatpolicy --target CERTIFICATE-ARN
//
//	aws dynamodb create-table --table-name MyHomeThermostat --billing-mode PAY_PER_REQUEST \
//		--attribute-definitions AttributeName=serial_number,AttributeType=S AttributeName=timestamp,AttributeType=S \
//		--key-schema AttributeName=serial_number,KeyType=HASH AttributeName=timestamp,KeyType=RANGE
//
//	go run ./examples/thermostat -cert device.pem -key device.key -region us-east-1 \
//		-endpoint "$(aws iot describe-endpoint --endpoint-type iot:CredentialProvider --output text)"
//
// Where that fails, "iotcreds doctor" with the same flags tells what is missing.
//
// The policy alicethermostatpolicy says nothing of one thermostat: it is attached to the
// certificates of all that Alice owns. The role is one for all of them, too: the variable
// credentials-iot:ThingName in its policy stands for the thing whose certificate asked.
package main
