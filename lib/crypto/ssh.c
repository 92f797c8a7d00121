#include "crypto/ssh.h"

#include <stdint.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/digits.h"
#include "crypto/secret.h"
#include "crypto/wire.h"

/*
 *	public:    string "ssh-ed25519", string of 32 bytes
 *	private:   "openssh-key-v1" NUL
 *	           string cipher, string kdf, string of its options
 *	           number of keys: 1
 *	           string of the public key
 *	           string: what follows, encrypted where the cipher is not none
 *	             number, the same number: tell a wrong passphrase
 *	             string "ssh-ed25519", string of 32 bytes
 *	             string of 64 bytes: seed and public key
 *	             string comment
 *	             01 02 03 ... up to a whole number of blocks of 8
 */

#define TEXT_MAX ((size_t)64 * 1024)
#define BLOCK    8

static const char kind[] = "ssh-ed25519";
static const char magic[] = "openssh-key-v1"; /* with its NUL */
static const char first_line[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
static const char last_line[] = "-----END OPENSSH PRIVATE KEY-----";

static bool
begins(const char *text, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(text, with, n) == 0;
}

/* ---- what is in them ---- */

/* Kind and key, which both begin with. */
static int
take_public(const unsigned char **key, struct gv_wire *c)
{
	struct gv_wire name, bytes;

	if (gv_wire_string(&name, c) < 0)
		return GV_ECORRUPT;
	if (!gv_wire_is(&name, kind))
		return GV_EREFUSED;
	if (gv_wire_string(&bytes, c) < 0 || bytes.left != GV_SSH_PUBLIC)
		return GV_ECORRUPT;
	*key = bytes.p;
	return 0;
}

/* ---- public keys ---- */

static const char *const other_kinds[] = { "ssh-rsa", "ssh-dss", "ecdsa-sha2-",
	"sk-ssh-", "sk-ecdsa-", "ssh-" };

bool
gv_ssh_is_public(const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(other_kinds) / sizeof(other_kinds[0]); i++)
		if (begins(line, len, other_kinds[i]))
			return true;
	return false;
}

static int
refuse_kind(const char *line, size_t len)
{
	const char *space = memchr(line, ' ', len);
	size_t n = space ? (size_t)(space - line) : len;

	return gv_err(GV_EREFUSED,
	    "keys of the type %.*s cannot be used; of ssh keys only "
	    "ssh-ed25519 works (ssh-keygen -t ed25519)",
	    (int)(n < 40 ? n : 40), line);
}

int
gv_ssh_public(unsigned char out[GV_SSH_PUBLIC], const char *line, size_t len)
{
	size_t skip = sizeof(kind), n, digits = gv_digits_size(GV_SSH_WIRE);
	const unsigned char *key;
	unsigned char wire[GV_SSH_WIRE];
	struct gv_wire c = { wire, sizeof(wire) };

	if (!begins(line, len, "ssh-ed25519 "))
		return refuse_kind(line, len);
	while (skip < len && line[skip] == ' ')
		skip++;
	line += skip;
	len -= skip;
	/* 51 bytes are 68 digits, and need no padding */
	if (len < digits ||
	    gv_digits_read(
		wire, sizeof(wire), &n, line, digits, GV_DIGITS_BARE) < 0 ||
	    n != sizeof(wire) ||
	    (len > digits && line[digits] != ' ' && line[digits] != '\t') ||
	    take_public(&key, &c) < 0 || c.left != 0)
		return gv_err(
		    GV_ECORRUPT, "the ssh-ed25519 key is damaged or cut off");
	memcpy(out, key, GV_SSH_PUBLIC);
	return 0;
}

void
gv_ssh_wire(
    unsigned char out[GV_SSH_WIRE], const unsigned char key[GV_SSH_PUBLIC])
{
	memcpy(out, "\0\0\0\013ssh-ed25519\0\0\0\040", 19);
	memcpy(out + 19, key, GV_SSH_PUBLIC);
}

int
gv_ssh_add_public(struct gv_buf *out, const unsigned char key[GV_SSH_PUBLIC])
{
	unsigned char wire[GV_SSH_WIRE];
	char digits[sodium_base64_ENCODED_LEN(
	    GV_SSH_WIRE, sodium_base64_VARIANT_ORIGINAL)];

	gv_ssh_wire(wire, key);
	sodium_bin2base64(digits, sizeof(digits), wire, sizeof(wire),
	    sodium_base64_VARIANT_ORIGINAL);
	gv_buf_addf(out, "%s %s", kind, digits);
	return gv_buf_check(out);
}

/* ---- private keys ---- */

bool
gv_ssh_is_private(const char *text, size_t len)
{
	static const char tail[] = " PRIVATE KEY-----";
	const char *lf = memchr(text, '\n', len);
	size_t n = lf ? (size_t)(lf - text) : len;

	if (n > 0 && text[n - 1] == '\r')
		n--;
	return begins(text, n, "-----BEGIN ") && n >= sizeof(tail) - 1 &&
	    memcmp(text + n - (sizeof(tail) - 1), tail, sizeof(tail) - 1) == 0;
}

static int
say_damaged(void)
{
	return gv_err(
	    GV_ECORRUPT, "the private key of ssh is damaged or cut off");
}

/* The bytes between the first line and the last one, which nothing follows. */
static int
take_off_armor(struct gv_secret *out, const char *text, size_t len)
{
	size_t n, first = sizeof(first_line) - 1, last = sizeof(last_line) - 1;
	int r;

	while (len > 0 && text[len - 1] && strchr(" \t\r\n", text[len - 1]))
		len--;
	if (len < first + last || !begins(text, len, first_line) ||
	    memcmp(text + len - last, last_line, last) != 0)
		return say_damaged();
	text += first;
	len -= first + last;
	r = gv_secret_grow(out, len);
	if (r < 0)
		return r;
	if (gv_digits_read(out->p, out->cap, &n, text, len, GV_DIGITS_LINES) <
	    0)
		return say_damaged();
	out->len = n;
	return 0;
}

static int
check_padding(const struct gv_wire *c, size_t total)
{
	size_t i;

	if (total % BLOCK || c->left >= BLOCK)
		return GV_ECORRUPT;
	for (i = 0; i < c->left; i++)
		if (c->p[i] != i + 1)
			return GV_ECORRUPT;
	return 0;
}

/* The part that a passphrase would hide. `key` is what the open part says that
 * the public one is, and must be so. */
static int
read_hidden(struct gv_secret *out, struct gv_wire c, const unsigned char *key)
{
	struct gv_wire bytes, comment;
	const unsigned char *again;
	unsigned char pk[GV_SSH_PUBLIC], sk[GV_SSH_PRIVATE];
	size_t total = c.left;
	uint32_t one, two;
	int r = GV_ECORRUPT;

	if (gv_wire_number(&one, &c) < 0 || gv_wire_number(&two, &c) < 0 ||
	    one != two || take_public(&again, &c) < 0 ||
	    memcmp(again, key, GV_SSH_PUBLIC) != 0 ||
	    gv_wire_string(&bytes, &c) < 0 || bytes.left != GV_SSH_PRIVATE ||
	    gv_wire_string(&comment, &c) < 0 || check_padding(&c, total) < 0)
		return say_damaged();
	/* the seed makes the rest: what stands there is not believed */
	crypto_sign_seed_keypair(pk, sk, bytes.p);
	if (memcmp(pk, key, sizeof(pk)) == 0 &&
	    sodium_memcmp(sk, bytes.p, sizeof(sk)) == 0)
		r = gv_secret_add(out, sk, sizeof(sk));
	else
		say_damaged();
	sodium_memzero(sk, sizeof(sk));
	return r;
}

static int
read_key(struct gv_secret *out, struct gv_wire c)
{
	struct gv_wire cipher, kdf, options, pub, hidden;
	const unsigned char *start, *key;
	uint32_t n;
	int r;

	if (gv_wire_bytes(&start, &c, sizeof(magic)) < 0 ||
	    memcmp(start, magic, sizeof(magic)) != 0 ||
	    gv_wire_string(&cipher, &c) < 0 || gv_wire_string(&kdf, &c) < 0 ||
	    gv_wire_string(&options, &c) < 0 || gv_wire_number(&n, &c) < 0 ||
	    n != 1 || gv_wire_string(&pub, &c) < 0 ||
	    gv_wire_string(&hidden, &c) < 0 || c.left != 0)
		return say_damaged();
	r = take_public(&key, &pub);
	if (r == GV_EREFUSED)
		return gv_err(r,
		    "private keys of this type cannot be used; of ssh keys "
		    "only ssh-ed25519 works (ssh-keygen -t ed25519)");
	if (r < 0 || pub.left != 0)
		return say_damaged();
	if (!gv_wire_is(&cipher, "none") || !gv_wire_is(&kdf, "none"))
		return gv_err(GV_EREFUSED,
		    "the ssh private key has a passphrase, which cannot be "
		    "asked for: remove it from a copy (cp KEY COPY; "
		    "ssh-keygen -p -f COPY), and protect the copy like a "
		    "passphrase");
	return read_hidden(out, hidden, key);
}

int
gv_ssh_private(struct gv_secret *out, const char *text, size_t len)
{
	struct gv_secret bytes = GV_SECRET_INIT;
	int r;

	if (len > TEXT_MAX)
		return gv_err(GV_EREFUSED,
		    "an ssh private key cannot have %zu characters", len);
	if (!begins(text, len, first_line))
		return gv_err(GV_EREFUSED,
		    "the private key is not in OpenSSH format; ssh-keygen -p "
		    "-f COPY converts a copy of it, and only ssh-ed25519 can "
		    "be used");
	if ((r = gv_secret_ready()) == 0 &&
	    (r = take_off_armor(&bytes, text, len)) == 0)
		r = read_key(out, (struct gv_wire){ bytes.p, bytes.len });
	gv_secret_release(&bytes);
	return r;
}
