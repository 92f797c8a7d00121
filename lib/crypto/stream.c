#include "crypto/stream.h"

#include <stdbool.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"

/*
 *	nonce      16 bytes, with the file key makes the payload key
 *	chunk      65,536 bytes and a tag of 16, sealed with the nonce
 *	           00 00 00 00 00 00 00 00 00 00 00 | 00
 *	           counter, high first               last
 *	...        counting up; the last one is shorter or as long, marked 01,
 *	           and empty only where it is the first
 *
 * An own nonce for each chunk and the mark are what tells chunks that were
 * moved, left out or cut off.
 */

#define NONCE  16
#define TAG    ((size_t)crypto_aead_chacha20poly1305_ietf_ABYTES)
#define SEALED (GV_STREAM_CHUNK + TAG)

struct cipher {
	unsigned char key[crypto_aead_chacha20poly1305_ietf_KEYBYTES];
	unsigned char nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
	bool first; /* no chunk yet */
};

struct gv_stream {
	struct cipher cipher;
	unsigned char file_key[GV_AGE_KEY];
	bool opening, begun; /* the nonce is known */
	int failed;          /* with what */
	gv_age_sink *sink;
	void *ctx;
	size_t held; /* bytes in `in` */
	unsigned char in[SEALED];
	unsigned char out[SEALED];
};

static void
begin(struct cipher *c, const unsigned char key[GV_AGE_KEY],
    const unsigned char nonce[NONCE])
{
	struct gv_kdf_input input = { key, GV_AGE_KEY, nonce, NONCE };

	memset(c, 0, sizeof(*c));
	c->first = true;
	gv_kdf_derive(c->key, &input, "payload");
}

/* The counter has 88 bits, so it never comes round. */
static void
count(struct cipher *c)
{
	size_t i = sizeof(c->nonce) - 1;

	c->first = false;
	do
		i--;
	while (++c->nonce[i] == 0 && i > 0);
}

/* len + TAG bytes to `out`, which must not be `data`. */
static void
seal_chunk(unsigned char *out, struct cipher *c, const unsigned char *data,
    size_t len, bool last)
{
	c->nonce[sizeof(c->nonce) - 1] = last;
	crypto_aead_chacha20poly1305_ietf_encrypt(
	    out, NULL, data, len, NULL, 0, NULL, c->nonce, c->key);
	count(c);
}

/* len - TAG bytes to `out`; GV_ECORRUPT without a message, and then the counter
 * stays, so that it may be tried as the other kind. */
static int
open_chunk(unsigned char *out, struct cipher *c, const unsigned char *data,
    size_t len, bool last)
{
	c->nonce[sizeof(c->nonce) - 1] = last;
	if (len < TAG || (len == TAG && !(last && c->first)))
		return GV_ECORRUPT;
	if (crypto_aead_chacha20poly1305_ietf_decrypt(
		out, NULL, NULL, data, len, NULL, 0, c->nonce, c->key) < 0)
		return GV_ECORRUPT;
	count(c);
	return 0;
}

static int
say_damaged(void)
{
	return gv_err(GV_ECORRUPT, "age payload: it is damaged or cut off");
}

static int
say_no_nonce(void)
{
	return gv_err(GV_ECORRUPT, "age header: the file ends right after it");
}

/* ---- in memory --------------------------------------------------------- */

int
gv_stream_seal(struct gv_buf *out, const unsigned char key[GV_AGE_KEY],
    const void *data, size_t len)
{
	const unsigned char *p = data ? data : key; /* of nothing */
	unsigned char *to;
	struct cipher c;
	size_t n;
	int r = gv_secret_ready();

	if (r == 0)
		r = gv_buf_grow(
		    out, NONCE + len + (len / GV_STREAM_CHUNK + 1) * TAG);
	if (r < 0)
		return r;
	to = (unsigned char *)out->p + out->len;
	randombytes_buf(to, NONCE);
	begin(&c, key, to);
	to += NONCE;
	do {
		n = len < GV_STREAM_CHUNK ? len : GV_STREAM_CHUNK;
		seal_chunk(to, &c, p, n, n == len);
		to += n + TAG;
		p += n;
		len -= n;
	} while (len > 0);
	out->len = (size_t)(to - (unsigned char *)out->p);
	*to = '\0';
	sodium_memzero(&c, sizeof(c));
	return 0;
}

int
gv_stream_open(struct gv_secret *out, const unsigned char key[GV_AGE_KEY],
    const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t before = out->len, n;
	struct cipher c;
	int r;

	if (len < NONCE)
		return say_no_nonce();
	r = gv_secret_grow(out, len - NONCE);
	if (r < 0)
		return r;
	begin(&c, key, p);
	p += NONCE;
	len -= NONCE;
	do {
		n = len < SEALED ? len : SEALED;
		r = open_chunk(out->p + out->len, &c, p, n, n == len);
		if (r < 0)
			break;
		out->len += n - TAG;
		p += n;
		len -= n;
	} while (len > 0);
	sodium_memzero(&c, sizeof(c));
	if (r < 0) {
		gv_secret_truncate(out, before);
		return say_damaged();
	}
	return 0;
}

/* ---- in pieces --------------------------------------------------------- */

static int
new_stream(struct gv_stream **out, const unsigned char key[GV_AGE_KEY],
    gv_age_sink *sink, void *ctx)
{
	struct gv_stream *s;
	int r = gv_secret_ready();

	if (r < 0)
		return r;
	s = sodium_malloc(sizeof(*s));
	if (s == NULL)
		return gv_err_nomem();
	memset(s, 0, sizeof(*s));
	memcpy(s->file_key, key, GV_AGE_KEY);
	s->sink = sink;
	s->ctx = ctx;
	*out = s;
	return 0;
}

int
gv_stream_new_sealing(struct gv_stream **out,
    const unsigned char key[GV_AGE_KEY], gv_age_sink *sink, void *ctx)
{
	return new_stream(out, key, sink, ctx);
}

int
gv_stream_new_opening(struct gv_stream **out,
    const unsigned char key[GV_AGE_KEY], gv_age_sink *sink, void *ctx)
{
	int r = new_stream(out, key, sink, ctx);

	if (r == 0)
		(*out)->opening = true;
	return r;
}

static int
emit(struct gv_stream *s, size_t len)
{
	return len ? s->sink(s->ctx, s->out, len) : 0;
}

static int
flush_sealing(struct gv_stream *s, bool last)
{
	size_t n = s->held;
	int r = 0;

	if (!s->begun) {
		randombytes_buf(s->out, NONCE);
		begin(&s->cipher, s->file_key, s->out);
		s->begun = true;
		r = emit(s, NONCE);
	}
	if (r < 0)
		return r;
	seal_chunk(s->out, &s->cipher, s->in, n, last);
	s->held = 0;
	return emit(s, n + TAG);
}

/* What comes is taken for what it must be where it stands; if it is the other
 * kind it is genuine still, and given out before the failure. */
static int
flush_opening(struct gv_stream *s, bool last)
{
	size_t n = s->held;
	int r;

	s->held = 0;
	if (open_chunk(s->out, &s->cipher, s->in, n, last) == 0)
		return emit(s, n - TAG);
	if (n < SEALED || open_chunk(s->out, &s->cipher, s->in, n, !last) < 0)
		return say_damaged();
	r = emit(s, n - TAG);
	if (r < 0)
		return r;
	return gv_err(GV_ECORRUPT, "age payload: %s",
	    last ? "its end is cut off" : "something follows its end");
}

static int
flush(struct gv_stream *s, bool last)
{
	if (!s->opening)
		return flush_sealing(s, last);
	if (s->begun)
		return flush_opening(s, last);
	if (s->held < NONCE)
		return say_no_nonce();
	begin(&s->cipher, s->file_key, s->in);
	s->begun = true;
	s->held = 0;
	return 0;
}

/* How many bytes `in` takes before they must go. */
static size_t
room(const struct gv_stream *s)
{
	if (!s->opening)
		return GV_STREAM_CHUNK;
	return s->begun ? SEALED : NONCE;
}

int
gv_stream_add(struct gv_stream *s, const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t n;

	while (len > 0 && s->failed == 0) {
		/* a full one goes only when another byte shows that it is not
		 * the last */
		if (s->held == room(s)) {
			s->failed = flush(s, false);
			continue;
		}
		n = room(s) - s->held;
		n = n < len ? n : len;
		memcpy(s->in + s->held, p, n);
		s->held += n;
		p += n;
		len -= n;
	}
	return s->failed;
}

int
gv_stream_finish(struct gv_stream *s)
{
	if (s->failed == 0 && s->opening && !s->begun)
		s->failed = flush(s, false);
	if (s->failed == 0)
		s->failed = flush(s, true);
	return s->failed;
}

void
gv_stream_free(struct gv_stream *s)
{
	/* which wipes, too */
	sodium_free(s);
}
