#include "crypto/age.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/ephemeral.h"
#include "crypto/identity.h"
#include "crypto/plugin.h"
#include "crypto/recipient.h"
#include "crypto/secret.h"
#include "crypto/stanza.h"
#include "crypto/stream.h"

struct gv_age_reader {
	const struct gv_identity *const *with;
	size_t n;
	gv_age_sink *sink;
	void *ctx;
	struct gv_buf header;     /* what came, until it is whole */
	struct gv_stream *stream; /* then this */
	int failed;
};

/* ---- sealing ----------------------------------------------------------- */

/* Together they are cheaper; that of who needs none is left. */
static void
draw(struct gv_ephemeral once[GV_EPHEMERAL_MANY], size_t n)
{
	gv_ephemeral_new(once, n < GV_EPHEMERAL_MANY ? n : GV_EPHEMERAL_MANY);
}

int
gv_age_wrap(struct gv_buf *stanzas, const struct gv_recipient *const *to,
    size_t n, const unsigned char key[GV_AGE_KEY])
{
	struct gv_ephemeral once[GV_EPHEMERAL_MANY];
	size_t i, at;
	int r = 0;

	if (n == 0)
		return gv_err(GV_EREFUSED, "there is nobody to seal it for");
	for (i = 0; i < n && n > 1; i++)
		if (to[i]->kind == GV_RECIPIENT_PASSPHRASE)
			return gv_err(GV_EREFUSED,
			    "a file encrypted with a passphrase cannot have "
			    "another recipient");
	for (i = 0; i < n && r == 0; i++) {
		at = i % GV_EPHEMERAL_MANY;
		if (at == 0)
			draw(once, n - i);
		r = gv_recipient_wrap(stanzas, to[i], key, &once[at]);
	}
	sodium_memzero(once, sizeof(once));
	return r;
}

static int
add_header(struct gv_buf *out, const struct gv_recipient *const *to, size_t n,
    const unsigned char key[GV_AGE_KEY])
{
	struct gv_buf stanzas = GV_BUF_INIT;
	int r = gv_age_wrap(&stanzas, to, n, key);

	if (r == 0)
		r = gv_age_header_add(out, &stanzas, key);
	gv_buf_release(&stanzas);
	return r;
}

int
gv_age_seal(struct gv_buf *out, const struct gv_recipient *const *to, size_t n,
    const void *data, size_t len)
{
	unsigned char key[GV_AGE_KEY];
	size_t before = out->len;
	int r = gv_secret_ready();

	if (r < 0)
		return r;
	randombytes_buf(key, sizeof(key));
	if ((r = add_header(out, to, n, key)) == 0)
		r = gv_stream_seal(out, key, data, len);
	if (r < 0)
		gv_buf_truncate(out, before);
	sodium_memzero(key, sizeof(key));
	return r;
}

int
gv_age_begin(struct gv_stream **out, const struct gv_recipient *const *to,
    size_t n, gv_age_sink *sink, void *ctx)
{
	unsigned char key[GV_AGE_KEY];
	struct gv_buf header = GV_BUF_INIT;
	struct gv_stream *s = NULL;
	int r = gv_secret_ready();

	if (r < 0)
		return r;
	randombytes_buf(key, sizeof(key));
	if ((r = add_header(&header, to, n, key)) == 0 &&
	    (r = gv_stream_new_sealing(&s, key, sink, ctx)) == 0 &&
	    (r = sink(ctx, header.p, header.len)) == 0)
		*out = s;
	else
		gv_stream_free(s);
	gv_buf_release(&header);
	sodium_memzero(key, sizeof(key));
	return r;
}

/* ---- opening ----------------------------------------------------------- */

/* What a passphrase opens, nothing else may: a person could be made to reveal
 * which of several passphrases opened it. */
static int
check_alone(const struct gv_age_header *h)
{
	size_t i;

	for (i = 0; i < h->n && h->n > 1; i++)
		if (gv_stanza_is(&h->stanzas[i], 0, "scrypt"))
			return gv_err(GV_ECORRUPT,
			    "age header: a stanza scrypt is not the only one");
	return 0;
}

/* By any of the identities. */
static int
try_stanza(unsigned char key[GV_AGE_KEY], const struct gv_stanza *s,
    const struct gv_identity *const *with, size_t n)
{
	size_t i;
	int r = GV_ENOTFOUND;

	for (i = 0; i < n && r == GV_ENOTFOUND; i++)
		r = gv_identity_unwrap(key, with[i], s);
	return r;
}

/* Those of plugins come last: a person may have to touch something. What the
 * last of them complained of is the reason, where none opens it. */
static int
try_plugins(unsigned char key[GV_AGE_KEY], const struct gv_age_header *h,
    const struct gv_identity *const *with, size_t n)
{
	size_t i;
	int r = GV_ENOTFOUND;

	gv_err(r, "it is encrypted for %zu", h->n);
	for (i = 0; i < n && r == GV_ENOTFOUND; i++)
		if (with[i]->kind == GV_IDENTITY_PLUGIN && with[i]->runner) {
			r = gv_plugin_unwrap_one(key, with[i], h);
			if (r == GV_ENOKEY)
				r = GV_ENOTFOUND;
		}
	return r == GV_ENOTFOUND
	    ? gv_err_in(GV_ENOKEY, "none of the %zu keys at hand opens it", n)
	    : r;
}

int
gv_age_unwrap(unsigned char key[GV_AGE_KEY], const struct gv_age_header *h,
    const struct gv_identity *const *with, size_t n, size_t *place)
{
	size_t first = place && *place < h->n ? *place : 0, i, at;
	int r = check_alone(h);

	if (r < 0)
		return r;
	r = GV_ENOTFOUND;
	for (i = 0; i < h->n && r == GV_ENOTFOUND; i++) {
		/* that one, and then all others in order */
		at = i == 0 ? first : i - (i <= first);
		r = try_stanza(key, &h->stanzas[at], with, n);
		if (r == 0 && place)
			*place = at;
	}
	if (r == GV_ENOTFOUND)
		r = try_plugins(key, h, with, n);
	return r == 0 ? gv_age_header_check(h, key) : r;
}

static int
say_early(int r)
{
	if (r == GV_ENOTFOUND)
		r = gv_err(GV_ECORRUPT, "age header: the file ends within it");
	return r;
}

int
gv_age_open(struct gv_secret *out, const struct gv_identity *const *with,
    size_t n, const void *data, size_t len, size_t *place)
{
	unsigned char key[GV_AGE_KEY] = { 0 };
	struct gv_age_header h = { .n = 0 };
	int r = say_early(gv_age_header_read(&h, data, len));

	if (r == 0 && (r = gv_age_unwrap(key, &h, with, n, place)) == 0)
		r = gv_stream_open(
		    out, key, (const char *)data + h.len, len - h.len);
	gv_age_header_release(&h);
	sodium_memzero(key, sizeof(key));
	return r;
}

int
gv_age_reader_new(struct gv_age_reader **out,
    const struct gv_identity *const *with, size_t n, gv_age_sink *sink,
    void *ctx)
{
	struct gv_age_reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return gv_err_nomem();
	r->with = with;
	r->n = n;
	r->sink = sink;
	r->ctx = ctx;
	r->header = (struct gv_buf)GV_BUF_INIT;
	*out = r;
	return 0;
}

/* Once the header is whole, what came behind it is the payload's. */
static int
read_header(struct gv_age_reader *a)
{
	unsigned char key[GV_AGE_KEY] = { 0 };
	struct gv_age_header h = { .n = 0 };
	int r;

	if ((r = gv_buf_check(&a->header)) < 0 ||
	    (r = gv_age_header_read(&h, a->header.p, a->header.len)) < 0 ||
	    (r = gv_age_unwrap(key, &h, a->with, a->n, NULL)) < 0 ||
	    (r = gv_stream_new_opening(&a->stream, key, a->sink, a->ctx)) < 0)
		goto out;
	r = gv_stream_add(
	    a->stream, a->header.p + h.len, a->header.len - h.len);
out:
	gv_age_header_release(&h);
	sodium_memzero(key, sizeof(key));
	if (a->stream)
		gv_buf_release(&a->header);
	return r;
}

int
gv_age_reader_add(struct gv_age_reader *r, const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t n;

	/* a little at a time, for the header alone is kept */
	while (r->failed == 0 && r->stream == NULL && len > 0) {
		n = len < GV_STREAM_CHUNK ? len : GV_STREAM_CHUNK;
		gv_buf_add(&r->header, p, n);
		p += n;
		len -= n;
		r->failed = read_header(r);
		if (r->failed == GV_ENOTFOUND)
			r->failed = 0;
	}
	if (r->failed == 0 && len > 0)
		r->failed = gv_stream_add(r->stream, p, len);
	return r->failed;
}

int
gv_age_reader_finish(struct gv_age_reader *r)
{
	if (r->failed == 0 && r->stream == NULL)
		r->failed = say_early(GV_ENOTFOUND);
	if (r->failed == 0)
		r->failed = gv_stream_finish(r->stream);
	return r->failed;
}

void
gv_age_reader_free(struct gv_age_reader *r)
{
	if (r == NULL)
		return;
	gv_stream_free(r->stream);
	gv_buf_release(&r->header);
	free(r);
}
