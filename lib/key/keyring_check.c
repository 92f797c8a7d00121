#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "crypto/ssh.h"
#include "key/keyring.h"
#include "repo/hash.h"

int
gv_keyring_parse_signed(struct gv_keyring *out, struct gv_sign *by,
    const char *text, size_t len, const char *sig, size_t sig_len)
{
	struct gv_keyring k;
	struct gv_sign sign;
	int r = gv_sign_parse(&sign, GV_KEYRING_SPACE, sig, sig_len);

	/* nothing is read of what nobody has signed */
	if (r == 0 &&
	    (r = gv_sign_check(&sign, GV_KEYRING_SPACE, text, len)) == 0)
		r = gv_keyring_parse(&k, text, len);
	if (r < 0)
		return r;
	*out = k;
	*by = sign;
	return 0;
}

void
gv_keyring_print(
    char out[GV_KEYRING_PRINT], const unsigned char digest[GV_KEYRING_DIGEST])
{
	static const char prefix[] = "SHA256:";
	struct gv_buf digits = GV_BUF_INIT;
	size_t n = GV_KEYRING_PRINT - sizeof(prefix);

	gv_enc_base64(&digits, digest, GV_KEYRING_DIGEST);
	memset(out, 0, GV_KEYRING_PRINT);
	memcpy(out, prefix, sizeof(prefix) - 1);
	/* without the = at its end; empty where there is no memory */
	if (digits.len > n)
		memcpy(out + sizeof(prefix) - 1, digits.p, n);
	gv_buf_release(&digits);
}

static bool
is_owner(const struct gv_keyring *k, const unsigned char key[GV_SIGN_PUBLIC])
{
	size_t i;

	for (i = 0; i < k->n_recipients; i++)
		if (k->recipients[i].signer &&
		    memcmp(k->recipients[i].sign_key, key, GV_SIGN_PUBLIC) == 0)
			return true;
	return false;
}

/* As ssh-keygen -l shows it. */
static void
print_key(char out[GV_KEYRING_PRINT], const unsigned char key[GV_SIGN_PUBLIC])
{
	unsigned char wire[GV_SSH_WIRE], sum[GV_KEYRING_DIGEST];
	struct gv_hash_sha256 h;

	gv_ssh_wire(wire, key);
	gv_hash_sha256_init(&h);
	gv_hash_sha256_update(&h, wire, sizeof(wire));
	gv_hash_sha256_finish(&h, sum);
	gv_keyring_print(out, sum);
}

static int
check_signer(const struct gv_keyring *k, const struct gv_sign *by,
    const struct gv_keyring *before)
{
	char print[GV_KEYRING_PRINT];

	if (is_owner(before ? before : k, by->key))
		return 0;
	print_key(print, by->key);
	if (before == NULL)
		return gv_err(GV_EREFUSED,
		    "version 1 of the keyring is signed by the key %s, which "
		    "is of none of its owners",
		    print);
	return gv_err(GV_EREFUSED,
	    "version %u of the keyring is signed by the key %s, which belongs "
	    "to no owner in version %u: ask its owners who wrote it",
	    k->version, print, before->version);
}

int
gv_keyring_check(const struct gv_keyring *k, const struct gv_sign *by,
    const struct gv_keyring *before)
{
	unsigned want = before ? before->version + 1 : 1;

	if (k->version != want)
		return gv_err(GV_EREFUSED,
		    "version %u of the keyring is where version %u must be: "
		    "versions rise by one",
		    k->version, want);
	if (before &&
	    memcmp(k->previous, before->digest, GV_KEYRING_DIGEST) != 0)
		return gv_err(GV_EREFUSED,
		    "version %u of the keyring was made for another version %u "
		    "than its predecessor",
		    k->version, before->version);
	return check_signer(k, by, before);
}
