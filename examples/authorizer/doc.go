// Command authorizer shows a custom authorizer of AWS IoT from end to end: devices that have
// neither a certificate nor keys of AWS, but tokens that a system of one's own has issued.
//
//	go run ./examples/authorizer
//
// needs no account and no network. It sets an account up in the process: a key that signs
// tokens, a function that decides about them, an authorizer that AWS IoT finds the function
// by. Then it is the device: it publishes by HTTPS with the token "allow", is refused with
// "deny", and refused without the function being asked where the signature is forged. In the
// end a user of an OpenID Connect issuer connects by MQTT with the issuer's token.
//
//	go run ./examples/authorizer -serve DIR
//
// leaves the account running and its files in DIR, to try openssl, the AWS CLI, curl and
// mosquitto_pub with; it prints the commands.
//
// # On AWS
//
// The function is the same, and lambda/main.go is all that it takes to run there. It names
// account 123456789012: put in yours.
//
//	GOOS=linux GOARCH=arm64 go build -tags lambda.norpc -o bootstrap ./examples/authorizer/lambda && zip function.zip bootstrap
//	aws lambda create-function --function-name CustomAuthorizer --runtime provided.al2023 --architectures arm64 \
//		--handler bootstrap --zip-file fileb://function.zip --role ROLE-ARN
//
//	openssl genrsa -out private.pem 2048
//	openssl rsa -in private.pem -pubout -out public.pem
//	aws iot create-authorizer --authorizer-name CustomAuthorizer --authorizer-function-arn FUNCTION-ARN \
//		--token-key-name CustomAuthorizerToken --token-signing-public-keys FIRST_KEY="$(cat public.pem)" --status ACTIVE
//	aws iot set-default-authorizer --authorizer-name CustomAuthorizer
//	aws lambda add-permission --function-name CustomAuthorizer --statement-id iot --action lambda:InvokeFunction \
//		--principal iot.amazonaws.com --source-arn AUTHORIZER-ARN
//	aws iot test-invoke-authorizer --authorizer-name CustomAuthorizer --token allow \
//		--token-signature "$(printf allow | openssl dgst -sha256 -sign private.pem | openssl base64 -A)"
//
//	go run ./examples/authorizer -key private.pem -token allow \
//		-endpoint "$(aws iot describe-endpoint --endpoint-type iot:Data-ATS --output text)"
package main
