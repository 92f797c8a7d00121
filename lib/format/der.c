#include "format/der.h"

#include <stdbool.h>
#include <string.h>

enum {
	INTEGER = 0x02,
	OCTETS = 0x04,
	OID = 0x06,
	SEQUENCE = 0x30,
	CONTENT = 0xa0,
};

/* 1.2.840.113549.1.7, of PKCS 7, with one number more: 1 data, 6 encrypted */
static const unsigned char pkcs7[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x07 };

/* What is left to read of a value. */
struct part {
	const unsigned char *p;
	size_t len;
};

/* Take the next value with this tag, in definite length. */
static bool
take(struct part *in, unsigned char tag, struct part *out)
{
	const unsigned char *p = in->p;
	size_t n, i, bytes;

	if (in->len < 2 || p[0] != tag)
		return false;
	bytes = p[1] & 0x80 ? p[1] & 0x7fU : 0;
	if (bytes > 3 || in->len < 2 + bytes || p[1] == 0x80)
		return false;
	n = bytes ? 0 : p[1];
	for (i = 0; i < bytes; i++)
		n = n << 8 | p[2 + i];
	if (n > in->len - 2 - bytes)
		return false;
	*out = (struct part){ p + 2 + bytes, n };
	in->p = out->p + n;
	in->len -= 2 + bytes + n;
	return true;
}

/* Whether it begins with this small number. */
static bool
takes_number(struct part *in, unsigned char number)
{
	struct part n;

	return take(in, INTEGER, &n) && n.len == 1 && n.p[0] == number;
}

/* AlgorithmIdentifier, of RFC 5280. */
static bool
takes_algorithm(struct part *in, struct part *oid)
{
	struct part algorithm;

	return take(in, SEQUENCE, &algorithm) && take(&algorithm, OID, oid);
}

/* PrivateKeyInfo (RFC 5958), RSAPrivateKey (RFC 8017), ECPrivateKey (RFC 5915),
 * EncryptedPrivateKeyInfo, PFX (RFC 7292). */
static const char *
rule_of(struct part all)
{
	static const unsigned char pbe[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
		0x01 }; /* of RSA Security: PBES2, and of PKCS 12 */
	struct part in = all, oid, part;
	size_t i;

	if (takes_algorithm(&in, &oid))
		return oid.len > sizeof(pbe) &&
			memcmp(oid.p, pbe, sizeof(pbe)) == 0 &&
			(oid.p[7] == 5 || oid.p[7] == 12) &&
			take(&in, OCTETS, &part) && in.len == 0
		    ? "pem-encrypted"
		    : NULL;
	in = all;
	if (takes_number(&in, 3))
		return takes_algorithm(&in, &oid) ? "keystore-pkcs12" : NULL;
	in = all;
	if (takes_number(&in, 1) && take(&in, OCTETS, &part))
		return part.len >= 16 ? "pem-ec" : NULL;
	in = all;
	if (!takes_number(&in, 0) && (in = all, !takes_number(&in, 1)))
		return NULL;
	part = in;
	if (takes_algorithm(&part, &oid))
		return take(&part, OCTETS, &oid) ? "pem-pkcs8" : NULL;
	for (i = 0; i < 8; i++)
		if (!take(&in, INTEGER, &part))
			return NULL;
	return in.len == 0 ? "pem-rsa" : NULL;
}

/* Take the next big-endian number of `bytes` bytes. */
static bool
take_number(struct part *in, size_t bytes, size_t *out)
{
	size_t i;

	if (in->len < bytes)
		return false;
	for (*out = 0, i = 0; i < bytes; i++)
		*out = *out << 8 | in->p[i];
	in->p += bytes;
	in->len -= bytes;
	return true;
}

static bool
skip(struct part *in, size_t n)
{
	if (in->len < n)
		return false;
	in->p += n;
	in->len -= n;
	return true;
}

static bool
is_keystore(const void *data, size_t len)
{
	return len > 32 &&
	    (memcmp(data, "\xfe\xed\xfe\xed\0\0\0", 7) == 0 ||
		memcmp(data, "\xce\xce\xce\xce\0\0\0", 7) == 0);
}

/* ContentInfo of PKCS 7: the last number of its type, and what is in it. */
static bool
takes_content(struct part *in, unsigned char *type, struct part *content)
{
	struct part all, oid;

	if (!take(in, SEQUENCE, &all) || !take(&all, OID, &oid) ||
	    oid.len != sizeof(pkcs7) + 1 ||
	    memcmp(oid.p, pkcs7, sizeof(pkcs7)) != 0)
		return false;
	*type = oid.p[sizeof(pkcs7)];
	return take(&all, CONTENT, content);
}

/* PFX (RFC 7292), in which certificates are encrypted as a whole, and each key
 * by itself among data: without such data it has no key. */
static bool
is_pfx_without_key(const void *data, size_t len)
{
	struct part all = { data, len }, in, safe, content;
	unsigned char type;
	size_t n = 0;

	if (!take(&all, SEQUENCE, &in) || !takes_number(&in, 3) ||
	    !takes_content(&in, &type, &content) || type != 1 ||
	    !take(&content, OCTETS, &in) || !take(&in, SEQUENCE, &safe))
		return false;
	for (; safe.len; n++)
		if (!takes_content(&safe, &type, &content) || type != 6)
			return false;
	return n > 0;
}

/* Each entry has its tag, 2, the name, the date, the kind and the certificate.
 */
bool
gv_der_is_truststore(const void *data, size_t len)
{
	struct part in = { data, len };
	size_t version, count, tag, n;

	if (is_pfx_without_key(data, len))
		return true;
	if (!is_keystore(data, len) || !skip(&in, 4) ||
	    !take_number(&in, 4, &version) || !take_number(&in, 4, &count) ||
	    count == 0)
		return false;
	while (count-- > 0)
		if (!take_number(&in, 4, &tag) || tag != 2 ||
		    !take_number(&in, 2, &n) || !skip(&in, n + 8) ||
		    (version == 2 &&
			(!take_number(&in, 2, &n) || !skip(&in, n))) ||
		    !take_number(&in, 4, &n) || !skip(&in, n))
			return false;
	return true;
}

const char *
gv_der_rule(const void *data, size_t len)
{
	struct part all = { data, len }, in;

	if (gv_der_is_truststore(data, len))
		return NULL;
	if (is_keystore(data, len))
		return "keystore-java";
	/* a line's end may have been put behind it */
	return take(&all, SEQUENCE, &in) && all.len < 2 ? rule_of(in) : NULL;
}
