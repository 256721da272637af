module github.com/askaround/askaround-go/examples/hardwarekeys

go 1.26

replace github.com/askaround/askaround-go => ../..

require (
	github.com/ThalesGroup/crypto11 v1.6.2
	github.com/askaround/askaround-go v0.0.0-00010101000000-000000000000
	github.com/google/go-tpm v0.9.8
)

require (
	github.com/aws/aws-sdk-go-v2 v1.47.7 // indirect
	github.com/aws/smithy-go v1.28.8 // indirect
	github.com/miekg/pkcs11 v1.1.2 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	github.com/thales-e-security/pool v0.0.2 // indirect
	golang.org/x/crypto v0.46.0 // indirect
	golang.org/x/sys v0.46.0 // indirect
	software.sslmate.com/src/go-pkcs12 v0.7.4 // indirect
)
