#include "toolstate/state_reading.h"

#include <string.h>

/*
 * What stands behind a damage, where nothing around a thing can be trusted:
 * each brace behind which a resource may begin is tried, the outermost first,
 * strictly and by itself, until another document begins. What fails has to be
 * looked at again from its next brace on; how many bytes that may be in all is
 * bounded, so that what somebody has made for it takes no longer than it is
 * large.
 */

#define LOOK ((size_t)4096) /* bytes that a first look may take */

/* Bytes that may be looked at again: this many times those there are. */
#define AGAIN_TIMES 4
#define AGAIN_MORE  ((uint64_t)1 << 20)

/* Whether a key stands behind this brace: a glance, before each handler has a
 * look at it. */
static bool
has_key(const struct gv_state_tape *t)
{
	const char *p = t->window + t->at + 1, *end = t->window + t->have;

	while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
		p++;
	return p < end && *p == '"';
}

/* Whether a resource may begin at this brace, and of which handler. */
static bool
looks(const struct gv_state_reading *s, size_t *which, bool *is_sorted)
{
	const struct gv_state_tape *t = &s->tape;
	size_t i, len = t->have - t->at;

	len = len < LOOK ? len : LOOK;
	for (i = 0; i < s->n_handlers; i++) {
		const struct gv_state_salvage *how = s->handlers[i]->salvage;

		*which = i;
		if (how &&
		    gv_state_looks(
			how, t->window + t->at, len, t->at, is_sorted))
			return true;
	}
	return false;
}

/* Whether this brace begins a line. */
static bool
is_first(const struct gv_state_tape *t)
{
	return t->at == 0 ? t->base == 0 : t->window[t->at - 1] == '\n';
}

static bool
begins(const struct gv_state_reading *s)
{
	const struct gv_state_tape *t = &s->tape;
	size_t i, len = t->have - t->at;

	len = len < LOOK ? len : LOOK;
	for (i = 0; !s->is_last && i < s->n_handlers; i++) {
		const struct gv_state_salvage *how = s->handlers[i]->salvage;

		if (how && how->begins(t->window + t->at, len, is_first(t)))
			return true;
	}
	return false;
}

/* Whether a key stands before a bracket, or another bracket. */
static bool
is_in_map(const char *p, const char *begin)
{
	while (p > begin && p[-1] && strchr(" \n\t\r", p[-1]))
		p--;
	return p > begin && p[-1] && strchr(":,[", p[-1]);
}

/* Whether what begins at this brace is in a document that is a list, which
 * begins before it: *bracket is where. */
static bool
begins_list(const struct gv_state_reading *s, size_t *bracket)
{
	const struct gv_state_tape *t = &s->tape;
	const char *p = t->window + t->at, *begin = t->window;
	size_t i, which;
	bool is_sorted;

	while (p > begin && p[-1] && strchr(" \n\t\r", p[-1]))
		p--;
	if (s->is_last || p == begin || *--p != '[' || is_in_map(p, begin) ||
	    !looks(s, &which, &is_sorted))
		return false;
	*bracket = (size_t)(p - begin);
	for (i = 0; i < s->handlers[which]->salvage->n_bodies; i++)
		if (s->handlers[which]->salvage->bodies[i].resources == NULL)
			return s->document == NULL ||
			    t->base + *bracket > s->begun;
	return false;
}

/* The map at the brace as far as it goes: 1 where it is whole, with its token;
 * 0 where it is no map, *len bytes of it were looked at. */
static int
read_map(struct gv_state_reading *s, struct gv_jsontext_token *out, size_t *len)
{
	struct gv_state_tape *t = &s->tape;
	struct gv_jsontext j;
	int r;

	for (;;) {
		gv_jsontext_init(&j, t->window + t->at, t->have - t->at);
		if (gv_jsontext_value(&j, out) > 0) {
			*len = out->len;
			return 1;
		}
		*len = (size_t)(j.at - (t->window + t->at));
		/* the longest character has four bytes */
		if (t->is_over || j.end - j.at > 3 ||
		    t->have - t->at >= GV_STATE_PIECE_MAX)
			return 0;
		s->again += *len / 2;
		r = gv_state_tape_refill(t, true);
		if (r < 0)
			return r;
	}
}

/* The levels of a list, or map, of a form of a document: how many. */
static size_t
make_levels(struct gv_jsontext_level *levels, const struct gv_state_body *body,
    const char *list)
{
	const char *const *path = body->path;
	size_t n = 0;

	levels[n++] = (struct gv_jsontext_level){ .is_map = list != NULL };
	for (; *path; path++)
		levels[n++] = (struct gv_jsontext_level){
			.key = *path, .key_len = strlen(*path), .is_map = true
		};
	if (list)
		levels[n++] = (struct gv_jsontext_level){ .key = list,
			.key_len = strlen(list),
			.is_map = body->is_map };
	return n;
}

/* A resource or an output by itself is read as if it stood in its list: in one
 * of a map behind its key, which begins at `text`. 1 where it was. */
static int
add_in(struct gv_state_reading *s, size_t which,
    const struct gv_state_body *body, const struct gv_jsontext_token *map,
    struct gv_state_found *found)
{
	const struct gv_state_handler *h = s->handlers[which];
	struct gv_jsontext_level levels[GV_STATE_BODY_DEPTH + 2];
	const struct gv_jsontext_piece piece = { .kind =
						     GV_JSONTEXT_PIECE_VALUE,
		.text = map->p,
		.len = map->len,
		.token = *map,
		.levels = levels,
		.n_levels = make_levels(levels, body,
		    found->is_output ? body->outputs : body->resources) };
	const char *text = map->has_key ? map->key - 1 : map->p;
	int r;

	gv_buf_reset(&s->name);
	if (h->unit(s->own[which], &piece, &s->name) !=
	    (found->is_output ? GV_STATE_HEAD : GV_STATE_BODY))
		return 0;
	found->is_behind = true;
	found->at = gv_state_tape_place_of(&s->tape, text);
	found->len = (uint64_t)(map->p + map->len - text);
	if ((r = gv_state_reading_read(s, which, &piece)) == 0)
		r = gv_state_reading_add(s, found, h->salvage, text);
	return r < 0 ? r : 1;
}

/* The same for each form that a document can have, until one takes it. */
static int
add_behind(struct gv_state_reading *s, size_t which,
    const struct gv_jsontext_token *map, struct gv_state_found *found)
{
	const struct gv_state_salvage *how = s->handlers[which]->salvage;
	struct gv_jsontext_token named = *map;
	size_t i;
	int r =
	    gv_state_reading_begin(s, gv_state_tape_place_of(&s->tape, map->p));

	for (i = 0; r == 0 && i < how->n_bodies; i++) {
		named.has_key = false;
		if (!how->bodies[i].is_map ||
		    gv_state_key_before(&named, s->tape.at))
			r = add_in(s, which, &how->bodies[i], &named, found);
	}
	return r < 0 ? r : 0;
}

/* A resource may begin here. */
static int
try(struct gv_state_reading *s, size_t which, bool is_sorted)
{
	const struct gv_state_salvage *how = s->handlers[which]->salvage;
	struct gv_state_tape *t = &s->tape;
	struct gv_state_found f = { .is_output = false };
	struct gv_jsontext_token map;
	size_t len = 1;
	uint64_t limit;
	int r = read_map(s, &map, &len);

	if (r < 0)
		return r;
	f.is_output = r > 0 && how->is_output && how->is_output(&map);
	if (f.is_output || (r > 0 && how->is_resource(&map))) {
		f.lead = gv_state_lead(how, &map, NULL, is_sorted);
		r = add_behind(s, which, &map, &f);
		t->at += len;
		return r;
	}
	s->again += len;
	limit = AGAIN_TIMES * (t->base + t->at + len) + AGAIN_MORE;
	t->at += s->again > limit && len ? len : 1;
	return 0;
}

/* Go through what is damaged: 1 where a document begins, 0 at the end. */
int
gv_state_reading_scan(struct gv_state_reading *s)
{
	struct gv_state_tape *t = &s->tape;
	bool is_sorted = false;
	const char *brace;
	size_t which, bracket;
	int r = 0;

	while (r == 0) {
		brace = t->have > t->at
		    ? memchr(t->window + t->at, '{', t->have - t->at)
		    : NULL;
		t->at = brace ? (size_t)(brace - t->window) : t->have;
		if (t->have - t->at < LOOK && !t->is_over) {
			r = gv_state_tape_refill(t, false);
			continue;
		}
		if (brace == NULL)
			return 0;
		if (!has_key(t)) {
			t->at++;
			continue;
		}
		if (begins(s))
			return 1;
		if (begins_list(s, &bracket)) {
			t->at = bracket;
			return 1;
		}
		if (looks(s, &which, &is_sorted))
			r = try(s, which, is_sorted);
		else
			t->at++;
	}
	return r;
}
