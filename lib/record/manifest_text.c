#include "record/manifest_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"

int
gv_manifest_text_open(struct gv_manifest_text **out, struct gv_odb *odb,
    const struct gv_oid *tree)
{
	struct gv_manifest_text *text = calloc(1, sizeof(*text));
	int r;

	if (text == NULL)
		return gv_err_nomem();
	text->odb = odb;
	if ((r = gv_manifest_layers(text->layers, &text->n, odb, tree)) < 0) {
		free(text);
		return r;
	}
	*out = text;
	return 0;
}

void
gv_manifest_text_close(struct gv_manifest_text *text)
{
	size_t i;

	if (text == NULL)
		return;
	for (i = 0; i < text->n; i++)
		gv_object_release(&text->objects[i]);
	free(text);
}

void
gv_manifest_text_add(
    struct gv_manifest_text *text, const char *data, size_t len)
{
	assert(text->n <= GV_MANIFEST_MAX_LAYERS);
	text->layers[text->n].number = GV_MANIFEST_MAX_LAYERS;
	text->objects[text->n].data = (const unsigned char *)data;
	text->objects[text->n++].len = len;
}

int
gv_manifest_text_read(
    const struct gv_object **out, struct gv_manifest_text *text, size_t layer)
{
	struct gv_object *obj = &text->objects[layer];
	int r = 0;

	if (obj->data == NULL)
		r = gv_odb_read_type(
		    text->odb, obj, &text->layers[layer].oid, GV_OTYPE_BLOB);
	if (r < 0)
		return gv_err_in(
		    r, "manifest layer %04x", text->layers[layer].number);
	*out = obj;
	return 0;
}

static int
open_layer(struct gv_manifest_iter *it, struct gv_manifest_text *text, size_t i)
{
	const struct gv_object *obj = NULL;
	int r = gv_manifest_text_read(&obj, text, i);

	return r < 0
	    ? r
	    : gv_manifest_iter_init(it, (const char *)obj->data, obj->len);
}

static int
each_line(struct gv_manifest_text *text, size_t layer,
    int (*fn)(void *ctx, const struct gv_manifest_line *line), void *ctx)
{
	struct gv_manifest_line line;
	struct gv_manifest_iter it;
	int r = open_layer(&it, text, layer);

	if (r < 0)
		return r;
	while (
	    (r = gv_manifest_peek(&line, &it)) > 0 && (r = fn(ctx, &line)) == 0)
		gv_manifest_pass(&it, &line);
	gv_manifest_iter_release(&it);
	return r;
}

static int
compare(const struct gv_manifest_line *a, const struct gv_manifest_line *b)
{
	const struct gv_manifest_entry x = { .type = a->type,
		.path = a->path,
		.path_len = a->path_len },
				       y = { .type = b->type,
					       .path = b->path,
					       .path_len = b->path_len };

	return gv_manifest_compare(&x, &y);
}

static bool
is_same(const struct gv_manifest_line *a, const struct gv_manifest_line *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* The lines of one base that do not stand in the other one. Each line is passed
 * with its equal, or shown: so also where one is not in order. */
static int
merge(struct gv_manifest_iter *a, struct gv_manifest_iter *b,
    int (*fn)(void *ctx, const struct gv_manifest_line *line), void *ctx)
{
	struct gv_manifest_line x, y;
	int has_x, has_y, c, r = 0;

	while (r == 0) {
		if ((has_x = gv_manifest_peek(&x, a)) < 0)
			return has_x;
		if ((has_y = gv_manifest_peek(&y, b)) < 0)
			return has_y;
		if (!has_x && !has_y)
			return 0;
		c = has_x && has_y ? compare(&x, &y) : has_y - has_x;
		if (c != 0 || !is_same(&x, &y))
			r = fn(ctx, c <= 0 ? &x : &y);
		if (c <= 0)
			gv_manifest_pass(a, &x);
		if (c >= 0)
			gv_manifest_pass(b, &y);
	}
	return r;
}

static int
diff_bases(struct gv_manifest_text *a, struct gv_manifest_text *b,
    int (*fn)(void *ctx, const struct gv_manifest_line *line), void *ctx)
{
	struct gv_manifest_iter x, y;
	int r = open_layer(&x, a, 0);

	if (r < 0)
		return r;
	if ((r = open_layer(&y, b, 0)) < 0) {
		gv_manifest_iter_release(&x);
		return r;
	}
	r = strcmp(x.user, y.user) == 0 && strcmp(x.group, y.group) == 0
	    ? merge(&x, &y, fn, ctx)
	    : GV_EREFUSED;
	gv_manifest_iter_release(&x);
	gv_manifest_iter_release(&y);
	return r;
}

static bool
is_same_layer(
    const struct gv_manifest_layer *a, const struct gv_manifest_layer *b)
{
	return a->number == b->number && gv_oid_equal(&a->oid, &b->oid);
}

static size_t
count_shared(const struct gv_manifest_text *a, const struct gv_manifest_text *b)
{
	size_t n = 0;

	while (
	    n < a->n && n < b->n && is_same_layer(&a->layers[n], &b->layers[n]))
		n++;
	return n;
}

/* ---- what became of a path in the end ------------------------------------ */

/* The line of a path that counts on one side. */
struct side {
	struct gv_manifest_line line;
	size_t layer;      /* that it is of, plus one; 0: none has it */
	const char *owner; /* the line of that layer which it leaves out */
	size_t owner_len;
};

struct pair {
	struct side sides[2];
};

struct pairs {
	struct gv_manifest_text *texts[2];
	struct gv_map by_path;
	struct gv_arena arena;
	struct pair **all;
	size_t n, cap;
	/* what is read now */
	size_t layer;
	const char *owner;
	size_t owner_len;
	bool sides[2];
	/* of the second side: who is shown each line */
	int (*also)(void *ctx, const struct gv_manifest_line *line);
	void *ctx;
};

/* A path that a layer of one side alone speaks of. */
static int
add_pair(void *ctx, const struct gv_manifest_line *line)
{
	struct pairs *p = ctx;
	struct pair *pair;
	const char *path;
	int r;

	if (gv_map_get(&p->by_path, line->path, line->path_len))
		return 0;
	pair = gv_arena_alloc(&p->arena, sizeof(*pair));
	path = gv_arena_copy(&p->arena, line->path, line->path_len);
	if (pair == NULL || path == NULL)
		return GV_ENOMEM;
	pair->sides[0].line.path = pair->sides[1].line.path = path;
	pair->sides[0].line.path_len = line->path_len;
	pair->sides[1].line.path_len = line->path_len;
	r = gv_vec_grow((void **)&p->all, &p->cap, p->n + 1, sizeof(*p->all));
	if (r < 0 ||
	    (r = gv_map_put(&p->by_path, path, line->path_len, pair)) < 0)
		return r;
	p->all[p->n++] = pair;
	return 0;
}

/* The newest layer comes first, and in one layer the later line counts. */
static void
fill(const struct pairs *p, struct side *side,
    const struct gv_manifest_line *line)
{
	if (side->layer && side->layer != p->layer + 1)
		return;
	side->layer = p->layer + 1;
	side->owner = p->owner;
	side->owner_len = p->owner_len;
	side->line.text = line->text;
	side->line.len = line->len;
	side->line.type = line->type;
	side->line.is_special = line->is_special;
}

static int
fill_pair(void *ctx, const struct gv_manifest_line *line)
{
	const struct pairs *p = ctx;
	struct pair *pair = gv_map_get(&p->by_path, line->path, line->path_len);
	int i;

	for (i = 0; pair && i < 2; i++)
		if (p->sides[i])
			fill(p, &pair->sides[i], line);
	return p->sides[1] ? p->also(p->ctx, line) : 0;
}

/* Where the second line of a layer stands; its reader has found it there. */
static void
find_owner(struct pairs *p, const struct gv_object *obj)
{
	const char *text = (const char *)obj->data, *end = text + obj->len;
	const char *lf = memchr(text, '\n', obj->len);

	p->owner = lf ? lf + 1 : end;
	lf = memchr(p->owner, '\n', (size_t)(end - p->owner));
	p->owner_len = (size_t)((lf ? lf : end) - p->owner);
}

/* Read the layers [from, to) for one side, or as side 2 for both. */
static int
fill_pairs(struct pairs *p, int side, size_t from, size_t to)
{
	struct gv_manifest_text *text = p->texts[side == 1];
	const struct gv_object *obj = NULL;
	int r = 0;

	p->sides[0] = side != 1;
	p->sides[1] = side != 0;
	while (r == 0 && to > from) {
		p->layer = --to;
		if ((r = gv_manifest_text_read(&obj, text, to)) < 0)
			break;
		find_owner(p, obj);
		r = each_line(text, to, fill_pair, p);
	}
	return r;
}

static bool
is_equal(const struct side *a, const struct side *b)
{
	const bool is_a = a->layer && a->line.type != GV_MANIFEST_GONE,
		   is_b = b->layer && b->line.type != GV_MANIFEST_GONE;

	if (!is_a || !is_b)
		return is_a == is_b;
	return is_same(&a->line, &b->line) && a->owner_len == b->owner_len &&
	    memcmp(a->owner, b->owner, a->owner_len) == 0;
}

static int
show_pairs(const struct pairs *p,
    int (*fn)(void *ctx, const struct gv_manifest_line *line), void *ctx)
{
	const struct side *sides;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < p->n; i++) {
		sides = p->all[i]->sides;
		if (!is_equal(&sides[0], &sides[1]))
			r = fn(ctx, &sides[sides[1].layer > 0].line);
	}
	return r;
}

int
gv_manifest_text_diff(struct gv_manifest_text *a, struct gv_manifest_text *b,
    int (*fn)(void *ctx, const struct gv_manifest_line *line),
    int (*also)(void *ctx, const struct gv_manifest_line *line), void *ctx)
{
	struct pairs p = { .texts = { a, b }, .also = also, .ctx = ctx };
	size_t n = count_shared(a, b), i;
	int r = 0;

	if (n == 0)
		r = diff_bases(a, b, add_pair, &p);
	for (i = n; r == 0 && i < a->n; i++)
		r = i ? each_line(a, i, add_pair, &p) : 0;
	for (i = n; r == 0 && i < b->n; i++)
		r = i ? each_line(b, i, add_pair, &p) : 0;
	if (r == 0 && (r = fill_pairs(&p, 0, n, a->n)) == 0 &&
	    (r = fill_pairs(&p, 1, n, b->n)) == 0 &&
	    (r = fill_pairs(&p, 2, 0, n)) == 0)
		r = show_pairs(&p, fn, ctx);
	gv_map_release(&p.by_path);
	gv_arena_release(&p.arena);
	free(p.all);
	return r;
}

/* ---- one path ------------------------------------------------------------ */

struct wanted {
	const char *path;
	size_t len;
	bool found;
};

static int
look_for(void *ctx, const struct gv_manifest_line *line)
{
	struct wanted *w = ctx;

	w->found |= line->path_len == w->len &&
	    memcmp(line->path, w->path, w->len) == 0;
	return 0;
}

static int
look_from(struct gv_manifest_text *text, size_t layer, struct wanted *w)
{
	int r = 0;

	for (; r == 0 && !w->found && layer < text->n; layer++)
		r = each_line(text, layer, look_for, w);
	return r;
}

int
gv_manifest_text_is_alike(bool *is, struct gv_manifest_text *a,
    struct gv_manifest_text *b, const char *path, size_t len)
{
	struct wanted w = { path, len, false };
	size_t n = count_shared(a, b);
	int r;

	*is = false;
	if (n == 0)
		return 0;
	if ((r = look_from(a, n, &w)) < 0 || (r = look_from(b, n, &w)) < 0)
		return r;
	*is = !w.found;
	return 0;
}
