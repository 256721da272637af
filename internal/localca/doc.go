// Package localca is a certificate authority on one machine: it signs the certificates of
// devices and of the servers that they talk to, as AWS IoT and Amazon Trust Services do
// in the cloud.
//
//	ca, err := localca.Open("data/ca.pem", func() (*localca.CA, error) {
//		return localca.New("local devices", time.Now(), localca.Forever)
//	})
//	server, err := ca.Server([]string{"localhost"}, from, until)
//	leaf, err := ca.Sign(request, from, until)
//
// [New] keeps the authority in memory. [Open] keeps it in a file that only its owner can
// read, so that what it signed is still trusted after a restart.
//
// A CA is safe for concurrent use. Nothing is revoked here: that is the business of the
// registry that knows the certificates.
package localca
