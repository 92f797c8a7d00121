#include <inttypes.h>
#include <stdio.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "format/jsonstream.h"
#include "state/track.h"

struct copy {
	struct gv_track_reader *reader;
	uint64_t serial;
	gv_age_sink *sink;
	void *ctx;
};

static int64_t
read_some(void *ctx, void *data, size_t len)
{
	struct copy *c = ctx;

	return gv_track_reader_read(c->reader, data, len);
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
put_serial(struct copy *c, const struct gv_jsontext_piece *piece)
{
	const char *after = piece->token.p + piece->token.len;
	char number[24];
	int n = snprintf(number, sizeof(number), "%" PRIu64, c->serial);
	int r = c->sink(
	    c->ctx, piece->text, (size_t)(piece->token.p - piece->text));

	if (r == 0)
		r = c->sink(c->ctx, number, (size_t)n);
	return r < 0 ? r
		     : c->sink(c->ctx, after,
			   (size_t)(piece->text + piece->len - after));
}

static int
copy_with_serial(struct copy *c)
{
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
		r = is_serial(&piece) ? put_serial(c, &piece)
				      : c->sink(c->ctx, piece.text, piece.len);
	}
	gv_jsonstream_free(stream);
	return r == 0 && n != 1
	    ? gv_err(GV_EREFUSED,
		  "it has no serial of its own that could be raised; restore "
		  "it without --push-ready")
	    : r;
}

int
gv_track_reader_copy(struct gv_track_reader *g, const uint64_t *serial,
    gv_age_sink *sink, void *ctx)
{
	struct copy c = { .reader = g, .sink = sink, .ctx = ctx };
	const void *data;
	size_t len;
	int r = 0;

	if (serial) {
		c.serial = *serial;
		return copy_with_serial(&c);
	}
	while (r == 0 && (r = gv_track_reader_next(g, &data, &len)) > 0)
		r = sink(ctx, data, len);
	return r;
}
