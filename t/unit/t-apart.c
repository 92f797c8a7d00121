/* lib/view/apart: two snapshots of random trees beside each other, held against
 * all that is known of both. The objects are in an array of this file. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/tree.h"
#include "record/manifest.h"
#include "record/record.h"
#include "view/apart.h"

struct blob {
	enum gv_otype type;
	char *data;
	size_t len;
	struct gv_oid id;
};

struct gv_odb {
	struct blob *blobs;
	size_t n, cap;
	size_t reads;
};

static struct gv_oid
keep(struct gv_odb *odb, enum gv_otype type, const struct gv_buf *data)
{
	struct gv_oid id;
	struct blob *b;
	size_t i;

	assert_int_equal(gv_oid_of(&id, type, data->p, data->len), 0);
	for (i = 0; i < odb->n; i++)
		if (gv_oid_equal(&odb->blobs[i].id, &id))
			return id;
	assert_int_equal(gv_vec_grow((void **)&odb->blobs, &odb->cap,
			     odb->n + 1, sizeof(*odb->blobs)),
	    0);
	b = &odb->blobs[odb->n++];
	b->type = type;
	b->id = id;
	b->len = data->len;
	b->data = malloc(data->len + 1);
	assert_non_null(b->data);
	memcpy(b->data, data->p, data->len);
	return id;
}

static void
forget(struct gv_odb *odb)
{
	size_t i;

	for (i = 0; i < odb->n; i++)
		free(odb->blobs[i].data);
	free(odb->blobs);
}

int
gv_odb_read_type(struct gv_odb *odb, struct gv_object *out,
    const struct gv_oid *id, enum gv_otype type)
{
	size_t i;

	memset(out, 0, sizeof(*out));
	odb->reads++;
	for (i = 0; i < odb->n; i++) {
		const struct blob *b = &odb->blobs[i];

		if (!gv_oid_equal(&b->id, id))
			continue;
		assert_int_equal(b->type, type);
		out->type = type;
		out->data = (const unsigned char *)b->data;
		out->len = b->len;
		return 0;
	}
	return gv_err(GV_ENOTFOUND, "an object is missing");
}

int
gv_odb_read_header(struct gv_odb *odb, enum gv_otype *type, size_t *size,
    const struct gv_oid *id)
{
	struct gv_object obj;
	int r = gv_odb_read_type(odb, &obj, id, GV_OTYPE_BLOB);

	*type = obj.type;
	*size = obj.len;
	return r;
}

void
gv_object_release(struct gv_object *obj)
{
	(void)obj;
}

/* ---- the model: what stands at each path --------------------------------- */

#define TOPS  5
#define SUBS  4
#define FILES 4
#define PATHS (TOPS * SUBS * FILES)
#define DIRS  (TOPS * SUBS)

enum kind { NONE, PLAIN, EXEC, LINK, REPO, LEFT_OUT, SPARSE, KINDS };

struct thing {
	enum kind kind;
	unsigned content, time, group, unstable, attribute;
};

struct model {
	struct thing things[PATHS];
	unsigned times[DIRS]; /* of the directory that holds the thing */
	bool kept[DIRS];      /* it stands also where nothing is in it */
};

static void
path_of(char path[32], size_t i)
{
	snprintf(path, 32, "d%zu/e%zu/f%zu", i / (SUBS * FILES),
	    i / FILES % SUBS, i % FILES);
}

static bool
is_in_tree(const struct thing *t)
{
	return t->kind != NONE && t->kind != LEFT_OUT;
}

static bool
has_any(const struct model *m, size_t dir)
{
	size_t i;

	for (i = dir * FILES; i < (dir + 1) * FILES; i++)
		if (is_in_tree(&m->things[i]))
			return true;
	return false;
}

static bool
stands(const struct model *m, size_t dir)
{
	size_t i;

	for (i = dir * FILES; i < (dir + 1) * FILES; i++)
		if (m->things[i].kind != NONE)
			return true;
	return m->kept[dir];
}

static struct gv_oid
content_of(const struct thing *t)
{
	struct gv_oid id = { { 1 } };

	id.id[1] = (unsigned char)t->content;
	return id;
}

static bool
keep_dir(
    struct gv_oid *id, struct gv_odb *odb, const struct model *m, size_t dir)
{
	static const unsigned modes[KINDS] = { 0, GV_MODE_FILE, GV_MODE_EXEC,
		GV_MODE_LINK, GV_MODE_GIT, 0, GV_MODE_FILE };
	struct gv_buf tree = GV_BUF_INIT;
	struct gv_oid oid;
	char name[8];
	size_t i;

	for (i = 0; i < FILES; i++) {
		const struct thing *t = &m->things[dir * FILES + i];

		snprintf(name, sizeof(name), "f%zu", i);
		oid = content_of(t);
		if (is_in_tree(t))
			gv_tree_add(&tree, modes[t->kind], name, 2, &oid);
	}
	if (tree.len)
		*id = keep(odb, GV_OTYPE_TREE, &tree);
	gv_buf_release(&tree);
	return has_any(m, dir);
}

static struct gv_oid
keep_tree(struct gv_odb *odb, const struct model *m)
{
	struct gv_buf top = GV_BUF_INIT, sub = GV_BUF_INIT;
	struct gv_oid id;
	char name[8];
	size_t i, j;

	for (i = 0; i < TOPS; i++) {
		gv_buf_reset(&sub);
		for (j = 0; j < SUBS; j++) {
			snprintf(name, sizeof(name), "e%zu", j);
			if (keep_dir(&id, odb, m, i * SUBS + j))
				gv_tree_add(&sub, GV_MODE_DIR, name, 2, &id);
		}
		if (sub.len == 0)
			continue;
		snprintf(name, sizeof(name), "d%zu", i);
		id = keep(odb, GV_OTYPE_TREE, &sub);
		gv_tree_add(&top, GV_MODE_DIR, name, 2, &id);
	}
	id = keep(odb, GV_OTYPE_TREE, &top);
	gv_buf_release(&top);
	gv_buf_release(&sub);
	return id;
}

/* ---- its manifest -------------------------------------------------------- */

static bool
is_same_thing(const struct thing *a, const struct thing *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static void
put_thing(struct gv_buf *out, const char *path, const struct thing *t)
{
	static const char types[KINDS] = { '-', 'f', 'f', 'l', 'g', 'x', 's' };
	struct gv_manifest_entry e = {
		.type = (enum gv_manifest_type)types[t->kind],
		.path = path,
		.path_len = strlen(path),
		.mode = t->kind == LINK ? 0777
		    : t->kind == PLAIN  ? 0644
					: 0755,
		.mtime_s = t->time
	};

	if (t->kind == PLAIN || t->kind == EXEC) {
		e.link = t->group;
		e.reason = t->unstable ? "unstable" : NULL;
		e.xattrs = t->attribute ? "user.a=YQ==" : NULL;
	}
	if (t->kind == LEFT_OUT)
		e.reason = "socket";
	gv_manifest_put(out, &e);
}

static void
put_dir(struct gv_buf *out, const struct model *m, size_t dir)
{
	struct gv_manifest_entry e = {
		.type = stands(m, dir) ? GV_MANIFEST_DIR : GV_MANIFEST_GONE,
		.mode = 0755,
		.mtime_s = m->times[dir]
	};
	char path[32];

	snprintf(path, sizeof(path), "d%zu/e%zu", dir / SUBS, dir % SUBS);
	e.path = path;
	e.path_len = strlen(path);
	gv_manifest_put(out, &e);
}

static bool
is_same_dir(const struct model *a, const struct model *b, size_t dir)
{
	return stands(a, dir) == stands(b, dir) &&
	    (!stands(a, dir) || a->times[dir] == b->times[dir]);
}

/* The lines of all, or of what differs from `was`. */
static void
put_lines(struct gv_buf *out, const struct model *m, const struct model *was)
{
	char path[32];
	size_t i;

	gv_manifest_begin(out, "u", "g");
	for (i = 0; i < PATHS; i++) {
		size_t dir = i / FILES;

		path_of(path, i);
		if (i % FILES == 0 &&
		    (was ? !is_same_dir(m, was, dir) : stands(m, dir)))
			put_dir(out, m, dir);
		if (was ? !is_same_thing(&m->things[i], &was->things[i])
			: m->things[i].kind != NONE)
			put_thing(out, path, &m->things[i]);
	}
}

/* A snapshot, and the layers that the next one may stand on. */
struct shot {
	struct model model;
	struct gv_record rec;
	struct gv_manifest_layer layers[GV_MANIFEST_MAX_LAYERS];
	size_t n;
};

static void
take(struct shot *s, struct gv_odb *odb, const struct shot *last)
{
	struct gv_buf text = GV_BUF_INIT, merged = GV_BUF_INIT;
	struct gv_buf tree = GV_BUF_INIT;
	struct gv_oid id;
	char name[8];
	size_t i;
	int r = GV_EREFUSED;

	s->n = 0;
	if (last) {
		put_lines(&text, &s->model, &last->model);
		memcpy(s->layers, last->layers, sizeof(s->layers));
		s->n = last->n;
		r = gv_manifest_stack(s->layers, &s->n, &merged, odb, &text);
	}
	if (r == GV_EREFUSED) {
		gv_buf_reset(&merged);
		put_lines(&merged, &s->model, NULL);
		memset(s->layers, 0, sizeof(s->layers));
		s->n = 1;
		r = 0;
	}
	assert_int_equal(r, 0);
	s->layers[s->n - 1].oid = keep(odb, GV_OTYPE_BLOB, &merged);
	for (i = 0; i < s->n; i++) {
		snprintf(name, sizeof(name), "%04x", s->layers[i].number);
		gv_tree_add(&tree, GV_MODE_FILE, name, 4, &s->layers[i].oid);
	}
	id = keep(odb, GV_OTYPE_TREE, &tree);
	gv_buf_reset(&tree);
	gv_tree_add(&tree, GV_MODE_DIR, "manifest", 8, &id);
	s->rec.meta = keep(odb, GV_OTYPE_TREE, &tree);
	s->rec.tree = keep_tree(odb, &s->model);
	gv_buf_release(&text);
	gv_buf_release(&merged);
	gv_buf_release(&tree);
}

/* ---- what must hold ------------------------------------------------------ */

static bool
is_special(const struct thing *t)
{
	return t->kind == REPO || t->kind == LEFT_OUT ||
	    ((t->kind == PLAIN || t->kind == EXEC) &&
		(t->group || t->unstable));
}

static void
assert_thing(const struct gv_apart *a, const struct gv_manifest *m, size_t i,
    const struct shot *from, const struct shot *to)
{
	const struct thing *x = &from->model.things[i];
	const struct thing *y = &to->model.things[i];
	const struct gv_manifest_entry *e;
	const struct gv_apart_path *p;
	char path[32];

	path_of(path, i);
	p = gv_apart_get(a, path, strlen(path));
	e = gv_manifest_get(m, path, strlen(path));
	if (!is_same_thing(x, y) || is_special(y))
		assert_non_null(p);
	if (p == NULL)
		return;
	assert_true(gv_apart_is_on_way(a, path, strlen(path)));
	assert_true(gv_apart_is_on_way(a, path, strlen("d0/e0")));
	assert_true(gv_apart_is_on_way(a, path, strlen("d0")));
	if (p->differs) {
		assert_int_equal(p->from, is_in_tree(x));
		assert_int_equal(p->to, is_in_tree(y));
		if (p->from && p->to)
			assert_int_equal(p->is_other, x->content != y->content);
	} else {
		assert_int_equal(is_in_tree(x), is_in_tree(y));
		assert_true(!is_in_tree(x) || x->content == y->content);
	}
	assert_int_equal(e != NULL, y->kind != NONE);
	if (e)
		assert_true(e->mtime_s == y->time);
}

/* All that differs is told, with the lines of it. Returns how much is told. */
static size_t
assert_apart(struct gv_odb *odb, const struct shot *from, const struct shot *to)
{
	struct gv_apart a = GV_APART_INIT;
	struct gv_manifest *m;
	bool is_sparse = false;
	size_t i, n;
	char path[32];

	assert_int_equal(gv_apart_find(&a, odb, &from->rec, &to->rec), 0);
	assert_int_equal(gv_apart_manifest(&m, &a, GV_APART_TO), 0);
	for (i = 0; i < PATHS; i++) {
		assert_thing(&a, m, i, from, to);
		is_sparse |= to->model.things[i].kind == SPARSE;
	}
	for (i = 0; i < DIRS; i++) {
		snprintf(path, sizeof(path), "d%zu/e%zu", i / SUBS, i % SUBS);
		if (!is_same_dir(&from->model, &to->model, i))
			assert_non_null(gv_apart_get(&a, path, strlen(path)));
	}
	assert_true(a.is_sparse || !is_sparse);
	assert_true(gv_apart_is_on_way(&a, "", 0));
	assert_null(gv_apart_get(&a, "d0/e", 4));
	n = a.n;
	gv_manifest_free(m);
	gv_apart_release(&a);
	return n;
}

static unsigned
draw(uint32_t *seed, unsigned n)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % n;
}

static void
change(struct model *m, uint32_t *seed, bool all)
{
	struct thing *t = &m->things[draw(seed, PATHS)];

	m->times[draw(seed, DIRS)] = draw(seed, 1000);
	m->kept[draw(seed, DIRS)] ^= draw(seed, 2);
	if (t->kind != NONE)
		t->time = draw(seed, 1000);
	if (draw(seed, 3) == 0)
		return;
	t->content = draw(seed, 3);
	t->attribute = draw(seed, 4) == 0;
	t->kind = (enum kind)draw(seed, all ? KINDS : REPO);
	t->group = all && draw(seed, 6) == 0;
	t->unstable = all && draw(seed, 9) == 0;
	/* what a line does not say is nothing that differs */
	if (t->kind != PLAIN && t->kind != EXEC)
		t->attribute = t->group = t->unstable = 0;
	if (t->kind == LEFT_OUT || t->kind == NONE)
		t->content = 0;
	if (t->kind == NONE)
		t->time = 0;
}

static void
all_that_differs_is_told(void **state)
{
	static struct shot shots[40];
	struct gv_odb odb = { NULL, 0, 0, 0 };
	uint32_t seed = 11;
	size_t i, k;

	(void)state;
	memset(shots, 0, sizeof(shots));
	for (i = 0; i < 40; i++) {
		if (i)
			shots[i].model = shots[i - 1].model;
		for (k = i ? draw(&seed, 6) : 300; k > 0; k--)
			change(&shots[i].model, &seed, true);
		/* a new base now and then, with more beside it than changed */
		take(&shots[i], &odb, i % 13 ? &shots[i - 1] : NULL);
	}
	for (i = 0; i < 40; i++)
		for (k = 0; k < 40; k++)
			assert_apart(&odb, &shots[i], &shots[k]);
	forget(&odb);
}

/* Without what has to be told in any case: what two share costs nothing. */
static void
what_is_shared_is_not_read(void **state)
{
	static struct shot shots[2];
	struct gv_odb odb = { NULL, 0, 0, 0 };
	uint32_t seed = 5;
	size_t k;

	(void)state;
	memset(shots, 0, sizeof(shots));
	for (k = 0; k < 300; k++)
		change(&shots[0].model, &seed, false);
	take(&shots[0], &odb, NULL);
	odb.reads = 0;
	assert_int_equal(assert_apart(&odb, &shots[0], &shots[0]), 0);
	/* both manifests and layers, the base, the tops */
	assert_true(odb.reads <= 10);
	shots[1].model = shots[0].model;
	shots[1].model.things[7].kind = PLAIN;
	shots[1].model.things[7].content ^= 1;
	shots[1].model.times[3]++;
	shots[1].model.kept[3] = true;
	take(&shots[1], &odb, &shots[0]);
	assert_true(assert_apart(&odb, &shots[0], &shots[1]) <= 3);
	/* one that was so in between is as it was */
	assert_true(assert_apart(&odb, &shots[1], &shots[0]) <= 3);
	forget(&odb);
}

static void
what_came_since_is_put_on_top(void **state)
{
	static const char text[] = "git-vault manifest 1\nowner v w\n"
				   "f 77.000000000 d0/e0/f0\n- d0/e0/f1\n";
	static struct shot shot;
	struct gv_odb odb = { NULL, 0, 0, 0 };
	struct gv_apart a = GV_APART_INIT;
	const struct gv_manifest_entry *e;
	struct gv_manifest *m;

	(void)state;
	shot.model.things[0].kind = shot.model.things[1].kind = PLAIN;
	shot.model.things[2].kind = PLAIN;
	take(&shot, &odb, NULL);
	assert_int_equal(gv_apart_find(&a, &odb, &shot.rec, &shot.rec), 0);
	assert_int_equal(gv_apart_add(&a, "d0/e0/f2", 8), 0);
	assert_int_equal(gv_apart_overlay(&a, text, sizeof(text) - 1), 0);
	assert_int_equal(a.n, 3);
	assert_int_equal(gv_apart_manifest(&m, &a, GV_APART_TO), 0);
	e = gv_manifest_get(m, "d0/e0/f0", 8);
	assert_non_null(e);
	assert_true(e->mtime_s == 77);
	assert_string_equal(e->user, "v");
	assert_null(gv_manifest_get(m, "d0/e0/f1", 8));
	assert_string_equal(gv_manifest_get(m, "d0/e0/f2", 8)->user, "u");
	gv_manifest_free(m);
	/* the other side is as it was */
	assert_int_equal(gv_apart_manifest(&m, &a, GV_APART_FROM), 0);
	assert_non_null(gv_manifest_get(m, "d0/e0/f1", 8));
	assert_true(gv_manifest_get(m, "d0/e0/f0", 8)->mtime_s == 0);
	gv_manifest_free(m);
	assert_int_equal(gv_apart_overlay(&a, "no", 2), GV_ECORRUPT);
	gv_apart_release(&a);
	forget(&odb);
}

static void
without_a_manifest_it_cannot_be_told(void **state)
{
	static struct shot shot;
	struct gv_odb odb = { NULL, 0, 0, 0 };
	struct gv_apart a = GV_APART_INIT;
	struct gv_buf none = GV_BUF_INIT;
	struct gv_record bare;

	(void)state;
	take(&shot, &odb, NULL);
	bare = shot.rec;
	bare.meta = keep(&odb, GV_OTYPE_TREE, &none);
	assert_int_equal(
	    gv_apart_find(&a, &odb, &shot.rec, &bare), GV_EREFUSED);
	gv_apart_release(&a);
	assert_int_equal(
	    gv_apart_find(&a, &odb, &bare, &shot.rec), GV_EREFUSED);
	gv_apart_release(&a);
	/* nor where an object is gone */
	bare = shot.rec;
	bare.tree.id[0] ^= 1;
	assert_int_equal(
	    gv_apart_find(&a, &odb, &shot.rec, &bare), GV_ENOTFOUND);
	gv_apart_release(&a);
	forget(&odb);
}

UNIT(apart)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_differs_is_told),
		cmocka_unit_test(what_is_shared_is_not_read),
		cmocka_unit_test(what_came_since_is_put_on_top),
		cmocka_unit_test(without_a_manifest_it_cannot_be_told),
	};

	return UNIT_RUN(tests);
}
