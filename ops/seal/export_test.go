package seal

import "aead.dev/minisign"

// InParts makes indexes hold so few texts at once that they come in parts, until the
// function that it returns is called.
func InParts(texts int) (whole func()) {
	was := atOnce.indexed
	atOnce.indexed = texts
	return func() { atOnce.indexed = was }
}

// SignUnhashed signs a text as minisign -l does.
func (k *Key) SignUnhashed(text []byte) []byte { return minisign.Sign(k.private, text) }
