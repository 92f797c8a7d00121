#include "state/track_flat.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "format/jsontext.h"

#define DEEPEST 64 /* lists and maps in one another that are gone into */

/* Ways repeat what leads to them: how long all of them may be, of the bytes of
 * the value. */
#define LONGEST(len) ((size_t)64 * 1024 + 4 * (len))

/* A list or map that was gone into. */
struct level {
	size_t path; /* how long the way to it is */
	uint64_t n;  /* values in it so far */
	bool is_map;
};

struct walk {
	struct gv_track_flat *out;
	struct gv_secret *paths;
	struct gv_secret path; /* of the present value */
	struct level levels[DEEPEST];
	unsigned depth, deepest;
	size_t longest; /* what *paths may come to */
};

/* Some positive value: the ways are too long. */
#define TOO_LONG 1

static int
add(struct walk *w, const char *p, size_t len)
{
	struct gv_track_flat *out = w->out;
	struct gv_track_flat_end end = { w->paths->len, w->path.len, p, len };
	int r;

	if (w->deepest && w->paths->len + w->path.len > w->longest)
		return TOO_LONG;
	if ((r = GV_GROW(out->list, out->n, out->cap)) < 0 ||
	    (r = gv_secret_add(w->paths, w->path.p, w->path.len)) < 0 ||
	    (r = gv_secret_add(w->paths, "", 1)) < 0)
		return r;
	out->list[out->n++] = end;
	return 0;
}

static bool
is_plain(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!((p[i] >= 'a' && p[i] <= 'z') ||
			(p[i] >= 'A' && p[i] <= 'Z') ||
			(p[i] >= '0' && p[i] <= '9') || p[i] == '_' ||
			p[i] == '-'))
			return false;
	return len > 0;
}

/* The last step of the way: .name, ["odd name"], [0]. */
static int
step(struct walk *w, const struct gv_jsontext_token *t)
{
	struct level *level = &w->levels[w->depth - 1];
	bool plain = level->is_map && is_plain(t->key, t->key_len);
	char index[24];
	int r;

	gv_secret_truncate(&w->path, level->path);
	(void)snprintf(
	    index, sizeof(index), "[%llu]", (unsigned long long)level->n++);
	if (!level->is_map)
		return gv_secret_add(&w->path, index, strlen(index));
	r = gv_secret_add(&w->path, plain ? "." : "[\"", plain ? 1 : 2);
	if (r < 0 || (r = gv_secret_add(&w->path, t->key, t->key_len)) < 0)
		return r;
	if (!plain)
		return gv_secret_add(&w->path, "\"]", 2);
	return 0;
}

/* A list or map ends; one without a value is an end itself. */
static int
leave(struct walk *w)
{
	const struct level *level = &w->levels[--w->depth];

	gv_secret_truncate(&w->path, level->path);
	if (level->n)
		return 0;
	return add(w, level->is_map ? "{}" : "[]", 2);
}

static int
enter(struct walk *w, const struct gv_jsontext_token *t, bool is_whole)
{
	bool is_level =
	    t->kind == GV_JSONTEXT_MAP || t->kind == GV_JSONTEXT_LIST;
	bool is_text = t->kind == GV_JSONTEXT_TEXT;
	int r = w->depth ? step(w, t) : 0;

	if (r < 0)
		return r;
	if (!is_level || is_whole)
		return add(w, t->p - is_text, t->len + 2 * (size_t)is_text);
	w->levels[w->depth++] = (struct level){ .path = w->path.len,
		.is_map = t->kind == GV_JSONTEXT_MAP };
	return 0;
}

static int
walk(struct walk *w, const char *value, size_t len)
{
	struct gv_jsontext j;
	struct gv_jsontext_token t;
	bool is_whole;
	int r, e = 0;

	gv_jsontext_init(&j, value, len);
	do {
		is_whole = w->depth == w->deepest;
		r = is_whole ? gv_jsontext_value(&j, &t)
			     : gv_jsontext_next(&j, &t);
		if (r <= 0)
			break;
		e = t.kind == GV_JSONTEXT_MAP_END ||
			t.kind == GV_JSONTEXT_LIST_END
		    ? leave(w)
		    : enter(w, &t, is_whole);
	} while (e == 0);
	return r < 0 ? r : e;
}

int
gv_track_flat_read(struct gv_track_flat *out, struct gv_secret *paths,
    const char *name, const char *value, size_t len)
{
	struct walk w = { .out = out,
		.paths = paths,
		.path = GV_SECRET_INIT,
		.deepest = DEEPEST,
		.longest = paths->len + LONGEST(len) };
	size_t start = paths->len;
	int r = gv_secret_add(&w.path, name, strlen(name));

	out->n = 0;
	if (r == 0)
		r = walk(&w, value, len);
	if (r == TOO_LONG) {
		gv_secret_truncate(paths, start);
		gv_secret_truncate(&w.path, strlen(name));
		out->n = w.depth = w.deepest = 0;
		r = walk(&w, value, len);
	}
	gv_secret_release(&w.path);
	return r;
}

void
gv_track_flat_release(struct gv_track_flat *flat)
{
	free(flat->list);
}
