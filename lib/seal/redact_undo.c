#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "seal/redact.h"

struct gv_redact_undo {
	const struct gv_redact_undo_to *to;
	const struct gv_redact_span *places;
	size_t n, i; /* i: the place that comes next */
	uint64_t at; /* of the next byte */
	size_t left;
	struct gv_secret value;
	/* the placeholder that must stand there, and how much of it came */
	char text[GV_REDACT_MAX];
	size_t seen;
	int failed;
};

static int
say(const struct gv_redact_span *place, const char *what)
{
	return gv_err(GV_ECORRUPT,
	    "the placeholder of %" PRIu64 " bytes at offset %" PRIu64 " %s",
	    place->len, place->at, what);
}

static int
check(const struct gv_redact_span *places, size_t n)
{
	char text[GV_REDACT_MAX];
	uint64_t end = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		const struct gv_redact_span *p = &places[i];

		if (!gv_redact_rule_is_valid(p->rule) ||
		    p->len != gv_redact_placeholder(text, p->rule, &p->id))
			return say(p, "does not match the length of its text");
		if (p->at < end)
			return say(p, "does not follow the one before it");
		if (p->at > UINT64_MAX - p->len)
			return say(p, "lies beyond the end of the file");
		end = p->at + p->len;
	}
	return 0;
}

int
gv_redact_undo_new(struct gv_redact_undo **out,
    const struct gv_redact_undo_to *to, const struct gv_redact_span *places,
    size_t n)
{
	struct gv_redact_undo *u;
	int r = check(places, n);

	if (r < 0)
		return r;
	u = calloc(1, sizeof(*u));
	if (u == NULL)
		return gv_err_nomem();
	u->to = to;
	u->places = places;
	u->n = n;
	*out = u;
	return 0;
}

static int
put_value(struct gv_redact_undo *u, const struct gv_redact_span *place)
{
	int r;

	gv_secret_reset(&u->value);
	r = u->to->value(u->to->ctx, &u->value, place);
	if (r == GV_ENOKEY) {
		u->left++;
		return u->to->put(u->to->ctx, u->text, (size_t)place->len);
	}
	if (r < 0 || u->value.len == 0)
		return r;
	return u->to->put(u->to->ctx, u->value.p, u->value.len);
}

/* Take some of these bytes, of which the first stands in the next placeholder;
 * how many. */
static int
match(struct gv_redact_undo *u, const unsigned char *p, size_t len, size_t *n)
{
	const struct gv_redact_span *place = &u->places[u->i];

	if (u->seen == 0)
		gv_redact_placeholder(u->text, place->rule, &place->id);
	*n = (size_t)place->len - u->seen;
	*n = *n < len ? *n : len;
	if (memcmp(p, u->text + u->seen, *n) != 0)
		return say(place, "is not there: something else is");
	u->seen += *n;
	if (u->seen < place->len)
		return 0;
	u->seen = 0;
	u->i++;
	return put_value(u, place);
}

int
gv_redact_undo_add(struct gv_redact_undo *u, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t before;
	size_t n;

	while (u->failed == 0 && len > 0) {
		before = u->i < u->n ? u->places[u->i].at : UINT64_MAX;
		if (u->at >= before) {
			u->failed = match(u, p, len, &n);
		} else {
			before -= u->at;
			n = before < len ? (size_t)before : len;
			u->failed = u->to->put(u->to->ctx, p, n);
		}
		u->at += n;
		p += n;
		len -= n;
	}
	return u->failed;
}

int
gv_redact_undo_finish(struct gv_redact_undo *u, size_t *left)
{
	if (u->failed == 0 && u->i < u->n)
		u->failed =
		    say(&u->places[u->i], "lies beyond the end of the file");
	if (u->failed == 0 && left)
		*left = u->left;
	return u->failed;
}

void
gv_redact_undo_free(struct gv_redact_undo *u)
{
	if (u == NULL)
		return;
	gv_secret_release(&u->value);
	free(u);
}

int
gv_redact_undo_whole(const struct gv_redact_undo_to *to, const void *data,
    size_t len, const struct gv_redact_span *places, size_t n, size_t *left)
{
	struct gv_redact_undo *u = NULL;
	int r = gv_redact_undo_new(&u, to, places, n);

	if (r == 0 && (r = gv_redact_undo_add(u, data, len)) == 0)
		r = gv_redact_undo_finish(u, left);
	gv_redact_undo_free(u);
	return r;
}
