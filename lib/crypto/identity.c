#include "crypto/identity.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/err.h"
#include "crypto/bech32.h"
#include "crypto/plugin.h"
#include "crypto/recipient.h"
#include "crypto/scrypt.h"
#include "crypto/sign.h"
#include "crypto/ssh.h"
#include "crypto/x25519.h"

#define PREFIX "AGE-SECRET-KEY-"

static const char quantum_prefix[] = "age-secret-key-pq-";
static const char plugin_prefix[] = "age-plugin-";

static const struct gv_x25519_own *
own_of(const struct gv_identity *id)
{
	return (const struct gv_x25519_own *)(const void *)id->secret.p;
}

/* Room for the key, zeroed. */
static int
make_own(struct gv_x25519_own **own, struct gv_identity *id)
{
	int r = gv_secret_grow(&id->secret, sizeof(**own));

	if (r < 0)
		return r;
	*own = (struct gv_x25519_own *)(void *)id->secret.p;
	memset(*own, 0, sizeof(**own));
	id->secret.len = sizeof(**own);
	return 0;
}

int
gv_identity_new(struct gv_identity *out)
{
	struct gv_identity id = { .kind = GV_IDENTITY_X25519 };
	struct gv_x25519_own *own;
	int r = make_own(&own, &id);

	if (r < 0)
		return r;
	randombytes_buf(own->secret, sizeof(own->secret));
	crypto_scalarmult_base(own->to.key, own->secret);
	*out = id;
	return 0;
}

static int
read_age(struct gv_identity *id, const struct gv_bech32 *b)
{
	struct gv_x25519_own *own;
	int r;

	if (b->len != sizeof(own->secret))
		return gv_err(GV_ECORRUPT,
		    "an AGE-SECRET-KEY-1… is of %zu "
		    "bytes, this is not",
		    sizeof(own->secret));
	r = make_own(&own, id);
	if (r < 0)
		return r;
	gv_bech32_bytes(own->secret, b);
	crypto_scalarmult_base(own->to.key, own->secret);
	id->kind = GV_IDENTITY_X25519;
	return 0;
}

static int
read_plugin(struct gv_identity *id, const struct gv_bech32 *b, const char *text,
    size_t len)
{
	size_t skip = sizeof(plugin_prefix) - 1;
	int r;

	if (b->prefix_len < skip + 2 || b->prefix[b->prefix_len - 1] != '-')
		return gv_err(GV_ECORRUPT, "an AGE-PLUGIN-… without a name");
	if ((r = gv_plugin_name(
		 &id->plugin, b->prefix + skip, b->prefix_len - skip - 1)) == 0)
		r = gv_secret_add(&id->secret, text, len);
	id->kind = GV_IDENTITY_PLUGIN;
	return r;
}

static bool
begins_with(const struct gv_bech32 *b, const char *prefix)
{
	struct gv_bech32 part = *b;

	part.prefix_len = strlen(prefix);
	return b->prefix_len >= part.prefix_len &&
	    gv_bech32_has_prefix(&part, prefix);
}

int
gv_identity_parse(struct gv_identity *out, const char *text, size_t len)
{
	struct gv_identity id = GV_IDENTITY_INIT;
	struct gv_bech32 b;
	int r = gv_secret_ready();

	if (r < 0)
		return r;
	r = gv_bech32_read(&b, text, len);
	if (r < 0)
		return gv_err_in(r, "an identity");
	if (gv_bech32_has_prefix(&b, quantum_prefix))
		r = gv_err(GV_EREFUSED,
		    "an AGE-SECRET-KEY-PQ-1… is of a "
		    "post-quantum kind that this git-vault "
		    "cannot open by");
	else if (b.upper && gv_bech32_has_prefix(&b, "age-secret-key-"))
		r = read_age(&id, &b);
	else if (b.upper && begins_with(&b, plugin_prefix))
		r = read_plugin(&id, &b, text, len);
	else
		r = gv_err(GV_EREFUSED,
		    "an identity is AGE-SECRET-KEY-1… or "
		    "AGE-PLUGIN-NAME-1…, in capitals; this "
		    "is neither");
	if (r < 0)
		gv_identity_release(&id);
	else
		*out = id;
	return r;
}

int
gv_identity_ssh(struct gv_identity *out, const char *text, size_t len)
{
	struct gv_identity id = { .kind = GV_IDENTITY_SSH };
	struct gv_x25519_own *own;
	int r = gv_ssh_private(&id.ssh, text, len);

	if (r == 0 && (r = make_own(&own, &id)) == 0)
		r = gv_x25519_from_ssh(
		    &own->to, id.ssh.p + GV_SSH_PRIVATE - GV_SSH_PUBLIC);
	if (r == 0) {
		crypto_sign_ed25519_sk_to_curve25519(own->secret, id.ssh.p);
		*out = id;
	} else {
		gv_identity_release(&id);
	}
	return r;
}

int
gv_identity_passphrase(
    struct gv_identity *out, const void *passphrase, size_t len, unsigned most)
{
	struct gv_identity id = { .kind = GV_IDENTITY_PASSPHRASE,
		.most = most };
	int r;

	if (len == 0)
		return gv_err(GV_EUSAGE, "an empty passphrase opens nothing");
	if ((r = gv_secret_add(&id.secret, passphrase, len)) == 0)
		*out = id;
	return r;
}

int
gv_identity_format(struct gv_secret *out, const struct gv_identity *id)
{
	size_t n = gv_bech32_size(PREFIX, GV_X25519_BYTES);
	int r;

	if (id->kind != GV_IDENTITY_X25519)
		return gv_err(GV_EREFUSED,
		    "only an identity of X25519 can be written out");
	r = gv_secret_grow(out, n);
	if (r < 0)
		return r;
	gv_bech32_write((char *)out->p + out->len, PREFIX, own_of(id)->secret,
	    GV_X25519_BYTES);
	out->len += n;
	return 0;
}

int
gv_identity_recipient(struct gv_recipient *out, const struct gv_identity *id)
{
	struct gv_recipient to = GV_RECIPIENT_INIT;

	if (id->kind == GV_IDENTITY_X25519)
		to.kind = GV_RECIPIENT_X25519;
	else if (id->kind == GV_IDENTITY_SSH)
		to.kind = GV_RECIPIENT_SSH;
	else
		return gv_err(GV_EREFUSED,
		    "only a key of age or ssh tells "
		    "whom to seal for");
	to.to = own_of(id)->to;
	*out = to;
	return 0;
}

int
gv_identity_signer(struct gv_secret *out, const struct gv_identity *id)
{
	static const unsigned char what[] = "git-vault signer";
	unsigned char seed[GV_SIGN_SEED];
	int r;

	if (id->kind == GV_IDENTITY_SSH)
		return gv_secret_add(out, id->ssh.p, id->ssh.len);
	if (id->kind != GV_IDENTITY_X25519)
		return gv_err(GV_EREFUSED, "only a key of age or ssh can sign");
	crypto_generichash(seed, sizeof(seed), what, sizeof(what) - 1,
	    own_of(id)->secret, GV_X25519_BYTES);
	r = gv_sign_from_seed(out, seed);
	sodium_memzero(seed, sizeof(seed));
	return r;
}

int
gv_identity_unwrap(unsigned char key[GV_AGE_KEY], const struct gv_identity *id,
    const struct gv_stanza *s)
{
	switch (id->kind) {
	case GV_IDENTITY_X25519:
	case GV_IDENTITY_SSH:
		return gv_x25519_unwrap(key, own_of(id), s);
	case GV_IDENTITY_PASSPHRASE:
		return gv_scrypt_unwrap(key, &id->secret, id->most, s);
	default:
		return GV_ENOTFOUND;
	}
}

void
gv_identity_release(struct gv_identity *id)
{
	if (id == NULL)
		return;
	gv_secret_release(&id->secret);
	gv_secret_release(&id->ssh);
	free(id->plugin);
	memset(id, 0, sizeof(*id));
}
