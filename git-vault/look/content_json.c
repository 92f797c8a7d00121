#include "git-vault/look/content_json.h"

#include <stdint.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/utf8.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "sys/cancel.h"

#define PIECE 4096

/* ---- is it text? --------------------------------------------------------- */

struct look {
	uint64_t bytes;
	bool is_text;
	char begun[4]; /* a character that the last piece has not ended */
	size_t n_begun;
};

/* How many bytes the character has that begins so; 0: none begins so. */
static size_t
char_len(unsigned char c)
{
	if (c < 0x80)
		return 1;
	return c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
}

/* How many bytes at the end begin a character that does not end there. */
static size_t
count_begun(const char *p, size_t len)
{
	size_t n;

	for (n = 1; n < 4 && n <= len; n++) {
		unsigned char c = (unsigned char)p[len - n];

		if (c >= 0xc0)
			return char_len(c) > n ? n : 0;
		if (c < 0x80)
			break;
	}
	return 0;
}

static int
look_at(void *ctx, const void *data, size_t len)
{
	struct look *l = ctx;
	const char *p = data;
	size_t n;

	l->bytes += len;
	if (gv_cancel_requested())
		return gv_cancel_error();
	while (l->is_text && l->n_begun && len) {
		l->begun[l->n_begun++] = *p++;
		len--;
		if (l->n_begun < char_len((unsigned char)l->begun[0]))
			continue;
		l->is_text = gv_utf8_is_valid(l->begun, l->n_begun);
		l->n_begun = 0;
	}
	if (!l->is_text || len == 0)
		return 0;
	n = count_begun(p, len);
	memcpy(l->begun, p + len - n, n);
	l->n_begun = n;
	l->is_text = gv_utf8_is_valid(p, len - n);
	return 0;
}

/* ---- as a string --------------------------------------------------------- */

struct writer {
	struct gv_out *out;
	bool is_secret;
	unsigned char rest[3]; /* not yet a group of base64 */
	size_t n_rest;
	char piece[PIECE];
	size_t len;
};

static int
hand_over(struct writer *w)
{
	if (w->is_secret)
		gv_out_pass(w->out, w->piece, w->len);
	else
		gv_out_write(w->out, w->piece, w->len);
	w->len = 0;
	if (gv_cancel_requested())
		return gv_cancel_error();
	return gv_out_stopped(w->out) ? GV_ECANCELED : 0;
}

/* It is valid UTF-8, so only ASCII is to be escaped. */
static int
write_text(void *ctx, const void *data, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	struct writer *w = ctx;
	const unsigned char *p = data, *end = p + len;
	int r = 0;

	for (; r == 0 && p < end; p++) {
		if (*p == '"' || *p == '\\') {
			w->piece[w->len++] = '\\';
			w->piece[w->len++] = (char)*p;
		} else if (*p == '\n' || *p == '\t') {
			w->piece[w->len++] = '\\';
			w->piece[w->len++] = *p == '\n' ? 'n' : 't';
		} else if (*p < 0x20 || *p == 0x7f) {
			memcpy(w->piece + w->len, "\\u00", 4);
			w->piece[w->len + 4] = hex[*p >> 4];
			w->piece[w->len + 5] = hex[*p & 15];
			w->len += 6;
		} else {
			w->piece[w->len++] = (char)*p;
		}
		if (w->len > PIECE - 6)
			r = hand_over(w);
	}
	return r;
}

static void
add_group(struct writer *w)
{
	gv_enc_base64_group(w->piece + w->len, w->rest, w->n_rest);
	w->len += 4;
	w->n_rest = 0;
}

static int
write_base64(void *ctx, const void *data, size_t len)
{
	struct writer *w = ctx;
	const unsigned char *p = data, *end = p + len;
	int r = 0;

	for (; r == 0 && p < end; p++) {
		w->rest[w->n_rest++] = *p;
		if (w->n_rest == 3)
			add_group(w);
		if (w->len > PIECE - 4)
			r = hand_over(w);
	}
	return r;
}

static int
write_string(struct gv_ctx *ctx, const struct gv_content_json_source *source,
    bool is_text)
{
	struct writer w = { .out = ctx->out, .is_secret = source->is_secret };
	int r =
	    gv_json_stream(ctx->json, is_text ? "content" : "content_base64");

	if (r < 0)
		return r;
	gv_out_write(ctx->out, "\"", 1);
	r = source->read(
	    source->source, is_text ? write_text : write_base64, &w);
	if (r == 0 && w.n_rest)
		add_group(&w);
	if (r == 0)
		r = hand_over(&w);
	gv_out_write(ctx->out, "\"", 1);
	explicit_bzero(&w, sizeof(w));
	return r;
}

int
gv_content_json(struct gv_ctx *ctx, const struct gv_content_json_source *source)
{
	struct look l = { .is_text = true };
	int r = source->read(source->source, look_at, &l);

	if (l.n_begun)
		l.is_text = false;
	explicit_bzero(l.begun, sizeof(l.begun));
	if (r < 0)
		return r;
	gv_json_uint(ctx->json, "bytes", l.bytes);
	if (!l.is_text)
		gv_json_null(ctx->json, "content");
	return write_string(ctx, source, l.is_text);
}
