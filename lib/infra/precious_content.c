#include "infra/precious.h"

#include <string.h>

/* What a file begins with. */
struct magic {
	const char *bytes;
	size_t len;
	const char *rule;
};

#define MAGIC(bytes, rule)                                                     \
	{                                                                      \
		bytes, sizeof(bytes) - 1, rule                                 \
	}

static const struct magic magics[] = {
	MAGIC("SQLite format 3", "database"),
	MAGIC("PGDMP", "database dump"),
	MAGIC("REDIS0", "database dump"),
	MAGIC("\x6d\xe2\x99\x81", "database dump"),
	MAGIC("-- MySQL dump", "database dump"),
	MAGIC("-- MariaDB dump", "database dump"),
	MAGIC("/*M!999999", "database dump"),
	MAGIC("-- PostgreSQL database", "database dump"),
	MAGIC("-- pg_dump", "database dump"),
	MAGIC("PuTTY-User-Key-File-", "private key"),
	MAGIC("$ANSIBLE_VAULT;", "encrypted secrets"),
	MAGIC("age-encryption.org/", "encrypted secrets"),
	MAGIC("-----BEGIN PGP MESSAGE", "encrypted secrets"),
	MAGIC("-----BEGIN AGE ENCRYPTED", "encrypted secrets"),
	MAGIC("\0GITCRYPTKEY", "private key"),
	MAGIC("\xfe\xed\xfe\xed", "key or keystore"),
	MAGIC("\x03\xd9\xa2\x9a", "key or keystore"),
};

/* Texts that all stand somewhere in the head. */
static const struct {
	const char *all[3];
	const char *rule;
} texts[] = {
	{ { "-----BEGIN ", "PRIVATE KEY" }, "private key" },
	{ { "AGE-SECRET-KEY-1" }, "private key" },
	{ { "\"terraform_version\"", "\"lineage\"" }, "terraform state" },
	{ { "\"deployment\"", "\"manifest\"", "\"version\"" }, "pulumi state" },
	{ { "\"checkpoint\"", "\"stack\"" }, "pulumi state" },
	{ { "kind: Config", "clusters:" }, "kubeconfig" },
	{ { "kind: Config", "contexts:" }, "kubeconfig" },
	{ { "\"kind\"", "\"Config\"", "\"clusters\"" }, "kubeconfig" },
	/* "-----BEGIN " in base64, as machines' configurations have it */
	{ { "key: LS0tLS1CRUdJTi" }, "machine configuration with a key" },
	{ { "key-data: LS0tLS1CRUdJTi" }, "machine configuration with a key" },
	{ { "[Interface]", "PrivateKey" }, "vpn settings" },
	{ { "<key>", "-----BEGIN" }, "vpn settings" },
	{ { "machine:", "token:", "ca:" }, "machine configuration with a key" },
	{ { "certificate-authority-data", "token:" }, "kubeconfig" },
};

static bool
has_all(const char *const *all, size_t n, const char *head, size_t len)
{
	size_t i;

	for (i = 0; i < n && all[i]; i++)
		if (!memmem(head, len, all[i], strlen(all[i])))
			return false;
	return true;
}

const char *
gv_precious_content(const char *head, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		if (len >= magics[i].len &&
		    memcmp(head, magics[i].bytes, magics[i].len) == 0)
			return magics[i].rule;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (has_all(texts[i].all, 3, head, len))
			return texts[i].rule;
	return NULL;
}
