package alert

import "crypto/x509"

// TrustOnly makes mails go to servers that these have signed for.
func TrustOnly(pool *x509.CertPool) { roots = pool }
