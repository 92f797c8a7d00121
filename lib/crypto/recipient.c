#include "crypto/recipient.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/bech32.h"
#include "crypto/plugin.h"
#include "crypto/scrypt.h"
#include "crypto/ssh.h"
#include "crypto/x25519_table.h"

#define PREFIX "age"

/* What age itself has and we cannot do, by what it begins with. */
static const char *const quantum[] = { "age1pq", "age1tagpq", "age1tag" };

static int
read_age(struct gv_recipient *out, const struct gv_bech32 *b)
{
	if (b->upper || b->len != GV_X25519_BYTES)
		return gv_err(GV_ECORRUPT,
		    "the recipient age1… is not of %d "
		    "bytes, or in capitals",
		    GV_X25519_BYTES);
	gv_bech32_bytes(out->to.key, b);
	out->kind = GV_RECIPIENT_X25519;
	return 0;
}

static int
read_plugin(struct gv_recipient *out, const struct gv_bech32 *b,
    const char *text, size_t len)
{
	size_t skip = sizeof("age1") - 1;
	int r = gv_plugin_name(
	    &out->plugin, b->prefix + skip, b->prefix_len - skip);

	if (r < 0)
		return r;
	out->text = strndup(text, len);
	if (out->text == NULL) {
		gv_recipient_release(out);
		return gv_err_nomem();
	}
	out->kind = GV_RECIPIENT_PLUGIN;
	return 0;
}

/* Of what begins with age1, by its prefix. */
static int
read_bech32(struct gv_recipient *out, const char *text, size_t len)
{
	struct gv_bech32 b;
	size_t i;
	int r = gv_bech32_read(&b, text, len);

	if (r < 0)
		return gv_err_in(r, "the recipient %.*s",
		    (int)(len < 100 ? len : 100), text);
	for (i = 0; i < sizeof(quantum) / sizeof(quantum[0]); i++)
		if (gv_bech32_has_prefix(&b, quantum[i]))
			return gv_err(GV_EREFUSED,
			    "cannot encrypt for the recipient %s1…: it needs "
			    "post-quantum or P-256 keys, which libsodium does "
			    "not have",
			    quantum[i]);
	if (gv_bech32_has_prefix(&b, PREFIX))
		return read_age(out, &b);
	if (b.prefix_len > 4 && !b.upper)
		return read_plugin(out, &b, text, len);
	return gv_err(GV_ECORRUPT, "the recipient is no age1…");
}

int
gv_recipient_parse(struct gv_recipient *out, const char *text, size_t len)
{
	struct gv_recipient to = GV_RECIPIENT_INIT;
	unsigned char ed25519[GV_SSH_PUBLIC];
	int r = gv_secret_ready();

	if (r < 0)
		return r;
	if (gv_ssh_is_public(text, len)) {
		if ((r = gv_ssh_public(ed25519, text, len)) == 0)
			r = gv_x25519_from_ssh(&to.to, ed25519);
		to.kind = GV_RECIPIENT_SSH;
	} else if (len >= 15 && memcmp(text, "AGE-SECRET-KEY-", 15) == 0) {
		r = gv_err(GV_EREFUSED,
		    "this is no recipient but an identity, "
		    "which is secret: keep it out of files "
		    "and commands that others see");
	} else if (len > 4 && memcmp(text, "age1", 4) == 0) {
		r = read_bech32(&to, text, len);
	} else {
		r = gv_err(GV_EREFUSED,
		    "a recipient is age1…, or the line of "
		    "a public key of ssh-ed25519");
	}
	if (r < 0)
		return r;
	if (to.kind != GV_RECIPIENT_PLUGIN) {
		to.table = gv_x25519_table_new(to.to.key);
		if (to.table == NULL)
			return GV_ENOMEM;
	}
	*out = to;
	return 0;
}

int
gv_recipient_passphrase(
    struct gv_recipient *out, const void *passphrase, size_t len, unsigned work)
{
	struct gv_recipient to = { .kind = GV_RECIPIENT_PASSPHRASE,
		.work = work };
	int r;

	if (len == 0)
		return gv_err(GV_EUSAGE, "an empty passphrase keeps nothing");
	if ((r = gv_secret_add(&to.passphrase, passphrase, len)) == 0)
		*out = to;
	return r;
}

int
gv_recipient_format(struct gv_buf *out, const struct gv_recipient *r)
{
	char text[128];
	size_t n = gv_bech32_size(PREFIX, GV_X25519_BYTES);

	switch (r->kind) {
	case GV_RECIPIENT_X25519:
		gv_bech32_write(text, PREFIX, r->to.key, GV_X25519_BYTES);
		gv_buf_add(out, text, n);
		return gv_buf_check(out);
	case GV_RECIPIENT_SSH:
		return gv_ssh_add_public(out, r->to.ed25519);
	case GV_RECIPIENT_PLUGIN:
		gv_buf_addstr(out, r->text);
		return gv_buf_check(out);
	default:
		return gv_err(GV_EREFUSED, "a passphrase is not written out");
	}
}

int
gv_recipient_wrap(struct gv_buf *out, const struct gv_recipient *r,
    const unsigned char key[GV_AGE_KEY], const struct gv_ephemeral *once)
{
	switch (r->kind) {
	case GV_RECIPIENT_X25519:
	case GV_RECIPIENT_SSH:
		return gv_x25519_wrap(out, &r->to, r->table, key, once);
	case GV_RECIPIENT_PASSPHRASE:
		return gv_scrypt_wrap(out, &r->passphrase, r->work, key);
	case GV_RECIPIENT_PLUGIN:
		return gv_plugin_wrap_one(out, r, key);
	default:
		return gv_err(GV_EUSAGE, "a recipient is empty");
	}
}

void
gv_recipient_release(struct gv_recipient *r)
{
	if (r == NULL)
		return;
	gv_secret_release(&r->passphrase);
	free(r->text);
	free(r->plugin);
	gv_x25519_table_free(r->table);
	memset(r, 0, sizeof(*r));
}
