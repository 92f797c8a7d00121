#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "format/jsonstream.h"
#include "state/track_binding.h"
#include "state/track_internal.h"

#define HELD_MAX ((size_t)64 * 1024 * 1024) /* bytes that wait in memory */

/* Bytes on their way to the sink: of a reader, or of memory. */
struct copy {
	struct gv_track_reader *reader; /* NULL: what is held */
	const struct gv_track_copy *how;
	struct gv_secret held;
	size_t at; /* in it */
};

static int64_t
read_some(void *ctx, void *data, size_t len)
{
	struct copy *c = ctx;
	size_t left = c->held.len - c->at;

	if (c->reader)
		return gv_track_reader_read(c->reader, data, len);
	len = len < left ? len : left;
	if (len)
		memcpy(data, c->held.p + c->at, len);
	c->at += len;
	return (int64_t)len;
}

static bool
enter(void *ctx, const struct gv_jsontext_level *levels, size_t n)
{
	(void)ctx;
	return n == 1 ? levels[0].is_map : n == 2; /* or a piece is all of it */
}

static bool
is_serial(const struct gv_jsontext_piece *piece)
{
	const struct gv_jsontext_token *t = &piece->token;

	return piece->kind == GV_JSONTEXT_PIECE_VALUE && piece->n_levels == 1 &&
	    t->kind == GV_JSONTEXT_NUMBER && t->has_key &&
	    gv_jsontext_is(t->key, t->key_len, t->key_escaped, "serial");
}

/* A piece, with another number in the place of its value. */
static int
put_serial(
    const struct gv_track_copy *how, const struct gv_jsontext_piece *piece)
{
	const char *after = piece->token.p + piece->token.len;
	char number[24];
	int n = snprintf(number, sizeof(number), "%" PRIu64, *how->serial);
	int r = how->sink(
	    how->ctx, piece->text, (size_t)(piece->token.p - piece->text));

	if (r == 0)
		r = how->sink(how->ctx, number, (size_t)n);
	return r < 0 ? r
		     : how->sink(how->ctx, after,
			   (size_t)(piece->text + piece->len - after));
}

static int
copy_with_serial(struct copy *c)
{
	const struct gv_track_copy *how = c->how;
	const struct gv_jsontext_source source = { .read = read_some,
		.enter = enter,
		.memory = &gv_secret_memory,
		.ctx = c };
	struct gv_jsonstream *stream = NULL;
	struct gv_jsontext_piece piece;
	size_t n = 0;
	int r = gv_jsonstream_new(&stream, &source);

	while (r == 0 && (r = gv_jsonstream_next(stream, &piece)) > 0) {
		n += is_serial(&piece);
		r = is_serial(&piece)
		    ? put_serial(how, &piece)
		    : how->sink(how->ctx, piece.text, piece.len);
	}
	gv_jsonstream_free(stream);
	return r == 0 && n != 1
	    ? gv_err(GV_EREFUSED,
		  "it has no serial of its own to raise; restore it without "
		  "--push-ready")
	    : r;
}

int
gv_track_reader_copy(struct gv_track_reader *g, gv_age_sink *sink, void *ctx)
{
	const void *data;
	size_t len;
	int r;

	while ((r = gv_track_reader_next(g, &data, &len)) > 0)
		if ((r = sink(ctx, data, len)) < 0)
			break;
	return r;
}

static int
keep(void *ctx, const void *data, size_t len)
{
	struct copy *c = ctx;

	return len > c->how->v->size - c->held.len
	    ? gv_track_in_version(c->how->v,
		  gv_err(GV_ECORRUPT, "it is longer than its commit says"))
	    : gv_secret_add(&c->held, data, len);
}

/* Hold the bytes in memory until they are checked. */
static int
copy_held(struct gv_track_reader *g, const struct gv_track_copy *how)
{
	struct copy c = { .how = how, .held = GV_SECRET_INIT };
	int r = gv_secret_grow(&c.held, (size_t)how->v->size);

	if (r == 0 && (r = gv_track_binding_read(g, how->v, keep, &c)) == 0)
		r = how->serial ? copy_with_serial(&c)
				: how->sink(how->ctx, c.held.p, c.held.len);
	gv_secret_release(&c.held);
	return r;
}

/* What is too large for that is read once to check it, and then again. */
static int
copy_twice(struct gv_track_reader *g, const struct gv_track_copy *how)
{
	struct copy c = { .how = how, .held = GV_SECRET_INIT };
	int r = gv_track_binding_read(g, how->v, NULL, NULL);

	if (r == 0 &&
	    (r = gv_track_reader_new(
		 &c.reader, how->repo, how->safe, how->v)) == 0)
		r = how->serial
		    ? copy_with_serial(&c)
		    : gv_track_reader_copy(c.reader, how->sink, how->ctx);
	gv_track_reader_free(c.reader);
	return r;
}

int
gv_track_copy(struct gv_track_reader *g, const struct gv_track_copy *how)
{
	if (how->is_hidden && how->serial == NULL)
		return gv_track_binding_read(g, how->v, how->sink, how->ctx);
	/* the size of one that a person takes is not checked */
	return how->v->size <= HELD_MAX && !how->v->is_taken
	    ? copy_held(g, how)
	    : copy_twice(g, how);
}
