package registry

// certificateOperations are those of certificates, and of what they are attached to.
var certificateOperations = []operation{
	{"CreateKeysAndCertificate", "POST", "/keys-and-certificate", (*call).createKeysAndCertificate},
	{"CreateCertificateFromCsr", "POST", "/certificates", (*call).createCertificateFromCSR},
	{"RegisterCertificate", "POST", "/certificate/register", (*call).registerCertificate},
	{"RegisterCertificateWithoutCA", "POST", "/certificate/register-no-ca", (*call).registerCertificateWithoutCA},
	{"DescribeCertificate", "GET", "/certificates/{certificateId}", (*call).describeCertificate},
	{"ListCertificates", "GET", "/certificates", (*call).listCertificates},
	{"UpdateCertificate", "PUT", "/certificates/{certificateId}", (*call).updateCertificate},
	{"DeleteCertificate", "DELETE", "/certificates/{certificateId}", (*call).deleteCertificate},
	{"AttachThingPrincipal", "PUT", "/things/{thingName}/principals", (*call).attachThingPrincipal},
	{"DetachThingPrincipal", "DELETE", "/things/{thingName}/principals", (*call).detachThingPrincipal},
	{"ListThingPrincipals", "GET", "/things/{thingName}/principals", (*call).listThingPrincipals},
	{"ListThingPrincipalsV2", "GET", "/things/{thingName}/principals-v2", (*call).listThingPrincipalsV2},
	{"ListPrincipalThings", "GET", "/principals/things", (*call).listPrincipalThings},
	{"ListPrincipalThingsV2", "GET", "/principals/things-v2", (*call).listPrincipalThingsV2},
}

// principalHeader names the principal of an attachment.
const principalHeader = "x-amzn-principal"

func (c *call) createKeysAndCertificate() (any, error) {
	active := c.flag("setAsActive")
	if c.err != nil {
		return nil, c.err
	}
	certificate, keys, err := c.registry.CreateKeysAndCertificate(c.ctx(), active)
	if err != nil {
		return nil, err
	}
	out := created(certificate)
	out["keyPair"] = fields{"PublicKey": keys.PublicKey, "PrivateKey": keys.PrivateKey}
	return out, nil
}

// created is the answer of an operation that makes a certificate.
func created(c Certificate) fields {
	return fields{"certificateArn": c.ARN, "certificateId": c.ID, "certificatePem": c.PEM}
}

func (c *call) createCertificateFromCSR() (any, error) {
	var in struct {
		CertificateSigningRequest string `json:"certificateSigningRequest"`
	}
	active := c.flag("setAsActive")
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	certificate, err := c.registry.CreateCertificateFromCSR(c.ctx(), in.CertificateSigningRequest, active)
	return created(certificate), err
}

func (c *call) registerCertificate() (any, error) {
	var in struct {
		CertificatePEM   string `json:"certificatePem"`
		CACertificatePEM string `json:"caCertificatePem"`
		Status           Status `json:"status"`
	}
	active := c.flag("setAsActive")
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Status == "" {
		in.Status = initial(active)
	}
	certificate, err := c.registry.RegisterCertificate(c.ctx(), in.CertificatePEM, in.CACertificatePEM, in.Status)
	return fields{"certificateArn": certificate.ARN, "certificateId": certificate.ID}, err
}

func (c *call) registerCertificateWithoutCA() (any, error) {
	var in struct {
		CertificatePEM string `json:"certificatePem"`
		Status         Status `json:"status"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	certificate, err := c.registry.RegisterCertificateWithoutCA(c.ctx(), in.CertificatePEM, in.Status)
	return fields{"certificateArn": certificate.ARN, "certificateId": certificate.ID}, err
}

// mode is how a certificate was registered.
func (c Certificate) mode() string {
	if c.CACertificateID == "" {
		return "SNI_ONLY"
	}
	return "DEFAULT"
}

func (c *call) describeCertificate() (any, error) {
	certificate, err := c.registry.DescribeCertificate(c.labels["certificateId"])
	if err != nil {
		return nil, err
	}
	return fields{"certificateDescription": fields{
		"certificateArn": certificate.ARN, "certificateId": certificate.ID, "certificatePem": certificate.PEM,
		"status": certificate.Status, "ownedBy": c.registry.options.Account,
		"creationDate": timestamp(certificate.Created), "lastModifiedDate": timestamp(certificate.Modified),
		"customerVersion": certificate.Version, "generationId": certificate.GenerationID, "certificateMode": certificate.mode(),
		"validity": fields{"notBefore": timestamp(certificate.NotBefore), "notAfter": timestamp(certificate.NotAfter)},
	}.set("caCertificateId", certificate.CACertificateID)}, nil
}

func (c *call) listCertificates() (any, error) {
	certificates, next, err := c.registry.ListCertificates(c.dated())
	return fields{"certificates": each(certificates, func(c Certificate) any {
		return fields{
			"certificateArn": c.ARN, "certificateId": c.ID, "status": c.Status,
			"certificateMode": c.mode(), "creationDate": timestamp(c.Created),
		}
	})}.set("nextMarker", next), err
}

func (c *call) updateCertificate() (any, error) {
	return nil, c.registry.UpdateCertificate(c.ctx(), c.labels["certificateId"], Status(c.query("newStatus")))
}

func (c *call) deleteCertificate() (any, error) {
	force := c.flag("forceDelete")
	if c.err != nil {
		return nil, c.err
	}
	return nil, c.registry.DeleteCertificate(c.ctx(), c.labels["certificateId"], force)
}

func (c *call) attachThingPrincipal() (any, error) {
	kind := ThingPrincipalType(c.query("thingPrincipalType"))
	return fields{}, c.registry.AttachThingPrincipal(c.ctx(), c.labels["thingName"], c.header(principalHeader), kind)
}

func (c *call) detachThingPrincipal() (any, error) {
	return fields{}, c.registry.DetachThingPrincipal(c.ctx(), c.labels["thingName"], c.header(principalHeader))
}

func (c *call) listThingPrincipals() (any, error) {
	list, next, err := c.registry.ListThingPrincipals(c.labels["thingName"], "", c.tokens())
	return fields{"principals": each(list, func(a Attachment) any { return a.Principal })}.set("nextToken", next), err
}

func (c *call) listThingPrincipalsV2() (any, error) {
	kind := ThingPrincipalType(c.query("thingPrincipalType"))
	list, next, err := c.registry.ListThingPrincipals(c.labels["thingName"], kind, c.tokens())
	return fields{"thingPrincipalObjects": each(list, func(a Attachment) any {
		return fields{"principal": a.Principal, "thingPrincipalType": a.Type}
	})}.set("nextToken", next), err
}

func (c *call) listPrincipalThings() (any, error) {
	list, next, err := c.registry.ListPrincipalThings(c.header(principalHeader), "", c.tokens())
	return fields{"things": each(list, func(a Attachment) any { return a.Thing })}.set("nextToken", next), err
}

func (c *call) listPrincipalThingsV2() (any, error) {
	kind := ThingPrincipalType(c.query("thingPrincipalType"))
	list, next, err := c.registry.ListPrincipalThings(c.header(principalHeader), kind, c.tokens())
	return fields{"principalThingObjects": each(list, func(a Attachment) any {
		return fields{"thingName": a.Thing, "thingPrincipalType": a.Type}
	})}.set("nextToken", next), err
}
