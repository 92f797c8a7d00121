/* lib/record/manifest: every field there and back, layers against a model. The
 * object database is an array in this file: it stands in for lib/object/odb.c,
 * so that thousands of layers cost nothing. */
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

struct blob {
	enum gv_otype type;
	char *data;
	size_t len;
};

struct gv_odb {
	struct blob *blobs;
	size_t n, cap;
};

static struct gv_oid
keep(struct gv_odb *odb, enum gv_otype type, const void *data, size_t len)
{
	struct gv_oid id;
	struct blob *b;

	assert_int_equal(gv_vec_grow((void **)&odb->blobs, &odb->cap,
			     odb->n + 1, sizeof(*odb->blobs)),
	    0);
	b = &odb->blobs[odb->n++];
	b->type = type;
	b->data = malloc(len + 1);
	assert_non_null(b->data);
	memcpy(b->data, data, len);
	b->len = len;
	memset(&id, 0, sizeof(id));
	snprintf((char *)id.id, sizeof(id.id), "%zu", odb->n);
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
	size_t i = strtoul((const char *)id->id, NULL, 10);

	memset(out, 0, sizeof(*out));
	if (i == 0 || i > odb->n)
		return gv_err(GV_ENOTFOUND, "object %zu is missing", i);
	assert_int_equal(odb->blobs[i - 1].type, type);
	out->type = type;
	out->data = (const unsigned char *)odb->blobs[i - 1].data;
	out->len = odb->blobs[i - 1].len;
	return 0;
}

int
gv_odb_read_header(struct gv_odb *odb, enum gv_otype *type, size_t *size,
    const struct gv_oid *id)
{
	struct gv_object obj;
	int r = gv_odb_read_type(odb, &obj, id, GV_OTYPE_BLOB);

	*type = GV_OTYPE_BLOB;
	*size = r == 0 ? obj.len : 0;
	return r;
}

void
gv_object_release(struct gv_object *obj)
{
	(void)obj;
}

/* The simplest reader and writer of trees, for names without blanks. */
void
gv_tree_iter_init(struct gv_tree_iter *it, const void *data, size_t len)
{
	memset(it, 0, sizeof(*it));
	it->p = data;
	it->end = it->p + len;
}

int
gv_tree_next(struct gv_tree_iter *it, struct gv_tree_entry *e)
{
	if (it->p == it->end)
		return 0;
	e->mode = (unsigned)strtoul((const char *)it->p, NULL, 8);
	e->name = strchr((const char *)it->p, ' ') + 1;
	e->name_len = strlen(e->name);
	memcpy(e->oid.id, e->name + e->name_len + 1, GV_OID_RAW);
	it->p = (const unsigned char *)e->name + e->name_len + 1 + GV_OID_RAW;
	return 1;
}

static struct gv_oid
keep_layers(
    struct gv_odb *odb, const struct gv_manifest_layer *layers, size_t n)
{
	struct gv_buf tree = GV_BUF_INIT;
	struct gv_oid id;
	size_t i;

	for (i = 0; i < n; i++) {
		gv_buf_addf(&tree, "100644 %04x", layers[i].number);
		gv_buf_addch(&tree, '\0');
		gv_buf_add(&tree, layers[i].oid.id, GV_OID_RAW);
	}
	id = keep(odb, GV_OTYPE_TREE, tree.p, tree.len);
	gv_buf_release(&tree);
	return id;
}

static void
assert_same(
    const struct gv_manifest_entry *a, const struct gv_manifest_entry *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->path_len, b->path_len);
	assert_memory_equal(a->path, b->path, a->path_len);
	assert_true(a->mtime_s == b->mtime_s);
	assert_int_equal(a->mtime_ns, b->mtime_ns);
	assert_int_equal(a->mode, b->mode);
	assert_string_equal(a->user, b->user);
	assert_string_equal(a->group, b->group);
	assert_true(a->link == b->link);
	assert_true(a->chunked == b->chunked);
	assert_string_equal(
	    a->xattrs ? a->xattrs : "none", b->xattrs ? b->xattrs : "none");
	assert_string_equal(
	    a->holes ? a->holes : "none", b->holes ? b->holes : "none");
	assert_string_equal(
	    a->reason ? a->reason : "none", b->reason ? b->reason : "none");
}

static void
there_and_back(const struct gv_manifest_entry *e, const char *user)
{
	struct gv_manifest_entry back;
	struct gv_manifest_iter it;
	struct gv_buf b = GV_BUF_INIT;

	gv_manifest_begin(&b, user, "the group");
	gv_manifest_put(&b, e);
	assert_int_equal(gv_buf_check(&b), 0);
	assert_int_equal(gv_manifest_iter_init(&it, b.p, b.len), 0);
	assert_int_equal(gv_manifest_next(&it, &back), 1);
	assert_same(e, &back);
	assert_int_equal(gv_manifest_next(&it, &back), 0);
	gv_manifest_iter_release(&it);
	gv_buf_release(&b);
}

static void
every_field_comes_back(void **state)
{
	static const enum gv_manifest_type types[] = { GV_MANIFEST_FILE,
		GV_MANIFEST_DIR, GV_MANIFEST_LINK, GV_MANIFEST_REPO,
		GV_MANIFEST_SPARSE, GV_MANIFEST_SKIPPED };
	static const uint32_t modes[] = { 0, 0644, 0755, 0777, 07777, 0600 };
	static const int64_t times[] = { 0, 1, -1, 1700000000, INT64_MAX,
		-INT64_MAX };
	struct gv_manifest_entry e;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
		for (j = 0; j < sizeof(modes) / sizeof(*modes); j++) {
			memset(&e, 0, sizeof(e));
			e.type = types[i];
			e.path = "a b/c.tf";
			e.path_len = strlen(e.path);
			e.mtime_s = times[j];
			e.mtime_ns = j & 1 ? 999999999 : 7;
			e.mode = modes[j];
			e.user = j & 1 ? "root" : "odd \"name\"\n";
			e.group = j & 2 ? "the group" : "other";
			e.link = j & 1 ? UINT64_MAX : 0;
			e.chunked =
			    types[i] == GV_MANIFEST_FILE && j & 1 ? 1 + j : 0;
			e.xattrs = j & 2 ? "user.a=AA==,user.b=" : NULL;
			e.holes = j & 1 ? "4096+4096,1048576" : NULL;
			e.reason = j & 2 ? "it is a socket" : NULL;
			there_and_back(&e, "root");
			there_and_back(&e, "odd \"name\"\n");
			there_and_back(&e, "");
		}
	}
}

static void
odd_paths_come_back(void **state)
{
	static const char *const paths[] = { "", "a", "m=1", "m=644 x",
		"u=", "g=\n", "h=1 a", "a=b=c", "e=", "r=", "x=1", " ", "  m=1",
		"-", "- a", "\"", "\"a\"", "a\nb", "a\tb", "\\", "\\n",
		"\xff\xfe", "a/b c/d", "\r", "..", "a ", "f 0.000000000 a",
		".git", "m=\"", "\x01", "\x7f" };
	struct gv_manifest_entry e = { .type = GV_MANIFEST_FILE,
		.mode = 0644,
		.user = "u",
		.group = "the group" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		e.path = paths[i];
		e.path_len = strlen(e.path);
		there_and_back(&e, "u");
	}
}

static void
lines_read_as_the_format_says(void **state)
{
	struct gv_manifest_entry e = { .type = GV_MANIFEST_FILE,
		.path = "live/main.tf",
		.path_len = 12,
		.mtime_s = 1700000000,
		.mtime_ns = 5,
		.mode = 0644 };
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	gv_manifest_begin(&b, "ann", "dev ops");
	gv_manifest_put(&b, &e);
	e.mode = 0755;
	e.user = "ann";
	e.group = "root";
	gv_manifest_put(&b, &e);
	e.type = GV_MANIFEST_DIR;
	e.path_len = 0;
	gv_manifest_put(&b, &e);
	e.type = GV_MANIFEST_GONE;
	e.path = "m=1";
	e.path_len = 3;
	gv_manifest_put(&b, &e);
	assert_string_equal(b.p,
	    "git-vault manifest 1\n"
	    "owner ann \"dev ops\"\n"
	    "f 1700000000.000000005 live/main.tf\n"
	    "f 1700000000.000000005 m=755 g=root "
	    "live/main.tf\n"
	    "d 1700000000.000000005 g=root .\n"
	    "- \"m=1\"\n");
	gv_buf_release(&b);
}

static void
damaged_lines_are_named(void **state)
{
	static const char *const bad[] = { "f", "f ", "f 1.0 a", "f 1 a",
		"f 1.00000000 a", "f 1.0000000000 a", "f -.000000000 a",
		"f 99999999999999999999.000000000 a", "f 1.000000000", "z 1 a",
		"f 1.000000000 ", "f 1.000000000 m=9 a", "f 1.000000000 m= a",
		"f 1.000000000 m=10000 a", "f 1.000000000 m=1 m=1 a",
		"f 1.000000000 h=0 a", "f 1.000000000 h=x a",
		"f 1.000000000 u= a", "f 1.000000000 u=\"a",
		"f 1.000000000 a=", "f 1.000000000 u=\"\\000\" a",
		"f 1.000000000 \"a\\000\"", "f 1.000000000 \"a\" ",
		"f 1.000000000 \"a", "-", "- ", "-  ", "f 1.000000000 u=a" };
	struct gv_manifest_entry e;
	struct gv_manifest_iter it;
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		gv_buf_reset(&b);
		gv_manifest_begin(&b, "u", "g");
		gv_buf_addf(&b, "%s\n", bad[i]);
		assert_int_equal(gv_manifest_iter_init(&it, b.p, b.len), 0);
		if (strcmp(bad[i], "-  ") == 0) {
			/* a blank is a name like another */
			assert_int_equal(gv_manifest_next(&it, &e), 1);
		} else {
			assert_int_equal(
			    gv_manifest_next(&it, &e), GV_ECORRUPT);
			assert_string_equal(gv_err_message(),
			    "line 3 of the manifest is damaged");
		}
		gv_manifest_iter_release(&it);
	}
	gv_buf_release(&b);
}

static void
foreign_headers_are_refused(void **state)
{
	static const char *const bad[] = { "", "x", "git-vault manifest 1",
		"git-vault manifest \nowner a b\n",
		"git-vault manifest 1\nowner a\n",
		"git-vault manifest 1\nowner a b",
		"git-vault manifest 1\nowner  b\n",
		"git-vault manifest 1\nowner a b c\n",
		"git-vault manifest 1\nuser a b\n" };
	static const char newer[] = "git-vault manifest 12\nowner a b\n";
	static const char nul[] = "git-vault manifest 1\nowner a\0a b\n";
	struct gv_manifest_iter it;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(
		    gv_manifest_iter_init(&it, bad[i], strlen(bad[i])),
		    GV_ECORRUPT);
	assert_int_equal(
	    gv_manifest_iter_init(&it, nul, sizeof(nul) - 1), GV_ECORRUPT);
	assert_int_equal(
	    gv_manifest_iter_init(&it, newer, strlen(newer)), GV_ECORRUPT);
	assert_non_null(strstr(gv_err_message(), "format 12"));
}

/* The root is one without quotes. */
static void
a_path_that_is_a_dot_is_not_the_root(void **state)
{
	static const char text[] =
	    "git-vault manifest 1\nowner a b\nd 1.000000000 \".\"\n";
	struct gv_manifest_iter it;
	struct gv_manifest_entry e;
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_manifest_iter_init(&it, text, strlen(text)), 0);
	assert_int_equal(gv_manifest_next(&it, &e), 1);
	assert_int_equal(e.path_len, 1);
	gv_manifest_begin(&b, "a", "b");
	gv_manifest_put(&b, &e);
	gv_manifest_iter_release(&it);
	assert_string_equal(b.p, text);
	gv_buf_release(&b);
}

/* An old reader would take a key that it does not know for the beginning of a
 * path, so it has to be kept away. */
static void
only_files_in_chunks_need_format_2(void **state)
{
	static const char old[] =
	    "git-vault manifest 1\nowner a b\nf 1.000000000 c=1 x\n";
	static const char *const bad[] = { "f 1.000000000 c=0 x\n",
		"f 1.000000000 c=x y\n", "d 1.000000000 c=1 x\n",
		"f 1.000000000 c=1 c=1 x\n",
		"f 1.000000000 c=99999999999999999999 x\n" };
	struct gv_manifest_entry e = { .type = GV_MANIFEST_FILE,
		.path = "c=1 x",
		.path_len = 5,
		.mode = 0644 };
	struct gv_manifest_iter it;
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	assert_int_equal(gv_manifest_iter_init(&it, old, strlen(old)), 0);
	assert_int_equal(gv_manifest_next(&it, &e), 1);
	assert_string_equal(e.path, "c=1 x");
	assert_true(e.chunked == 0);
	gv_manifest_begin(&b, "a", "b");
	gv_manifest_put(&b, &e);
	gv_manifest_iter_release(&it);
	assert_string_equal(
	    b.p, "git-vault manifest 1\nowner a b\nf 1.000000000 \"c=1 x\"\n");
	e.chunked = 5;
	e.path = "y";
	e.path_len = 1;
	e.user = e.group = NULL;
	gv_manifest_put(&b, &e);
	assert_string_equal(b.p,
	    "git-vault manifest 2\nowner a b\nf 1.000000000 \"c=1 x\"\n"
	    "f 1.000000000 c=5 y\n");
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		gv_buf_reset(&b);
		gv_buf_addf(&b, "git-vault manifest 2\nowner a b\n%s", bad[i]);
		assert_int_equal(gv_manifest_iter_init(&it, b.p, b.len), 0);
		assert_int_equal(gv_manifest_next(&it, &e), GV_ECORRUPT);
		gv_manifest_iter_release(&it);
	}
	gv_buf_release(&b);
}

static void
extents_come_back(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	uint64_t at, len;
	const char *p;

	(void)state;
	gv_manifest_add_extent(&text, 0, 4096);
	gv_manifest_add_extent(&text, 1 << 20, 1);
	gv_manifest_end_extents(&text, 1 << 30);
	assert_string_equal(text.p, "0+4096,1048576+1,1073741824");
	p = text.p;
	assert_int_equal(gv_manifest_next_extent(&p, &at, &len), 1);
	assert_true(at == 0 && len == 4096);
	assert_int_equal(gv_manifest_next_extent(&p, &at, &len), 1);
	assert_true(at == 1 << 20 && len == 1);
	assert_int_equal(gv_manifest_next_extent(&p, &at, &len), 0);
	assert_true(at == 1 << 30);
	p = "1+";
	assert_int_equal(gv_manifest_next_extent(&p, &at, &len), GV_ECORRUPT);
	p = "18446744073709551615+2,1";
	assert_int_equal(gv_manifest_next_extent(&p, &at, &len), GV_ECORRUPT);
	p = "";
	assert_int_equal(gv_manifest_next_extent(&p, &at, &len), GV_ECORRUPT);
	gv_buf_release(&text);
}

static void
the_order_puts_a_directory_before_what_it_holds(void **state)
{
	static const char text[] = "git-vault manifest 1\nowner u g\n"
				   "f 1.000000000 a/b\nf 1.000000000 a.c\n"
				   "d 1.000000000 a\nd 1.000000000 .\n"
				   "f 1.000000000 a0\n";
	static const char *const want[] = { "", "a.c", "a", "a/b", "a0" };
	struct gv_manifest_layer layer = { .number = 0 };
	struct gv_odb odb = { NULL, 0, 0 };
	struct gv_manifest *m;
	struct gv_oid tree;
	size_t i;

	(void)state;
	layer.oid = keep(&odb, GV_OTYPE_BLOB, text, strlen(text));
	tree = keep_layers(&odb, &layer, 1);
	assert_int_equal(gv_manifest_load(&m, &odb, &tree), 0);
	assert_int_equal(gv_manifest_count(m), 5);
	for (i = 0; i < 5; i++)
		assert_string_equal(gv_manifest_at(m, i)->path, want[i]);
	assert_ptr_equal(gv_manifest_get(m, "a", 1), gv_manifest_at(m, 2));
	assert_ptr_equal(gv_manifest_get(m, "", 0), gv_manifest_at(m, 0));
	assert_ptr_equal(gv_manifest_get(m, "a0", 2), gv_manifest_at(m, 4));
	assert_null(gv_manifest_get(m, "b", 1));
	gv_manifest_free(m);
	forget(&odb);
}

static void
what_is_not_stored_covers_all_below_it(void **state)
{
	static const char text[] = "git-vault manifest 1\nowner u g\n"
				   "x 1.000000000 a\nd 1.000000000 b\n"
				   "x 1.000000000 b/c\nf 1.000000000 b/d\n";
	struct gv_manifest_layer layer = { .number = 0 };
	struct gv_odb odb = { NULL, 0, 0 };
	struct gv_manifest *m;
	struct gv_oid tree;

	(void)state;
	layer.oid = keep(&odb, GV_OTYPE_BLOB, text, strlen(text));
	tree = keep_layers(&odb, &layer, 1);
	assert_int_equal(gv_manifest_load(&m, &odb, &tree), 0);
	assert_string_equal(gv_manifest_get_skipped(m, "a", 1)->path, "a");
	assert_string_equal(gv_manifest_get_skipped(m, "a/b/c", 5)->path, "a");
	assert_string_equal(gv_manifest_get_skipped(m, "b/c", 3)->path, "b/c");
	assert_null(gv_manifest_get_skipped(m, "", 0));
	assert_null(gv_manifest_get_skipped(m, "ab", 2));
	assert_null(gv_manifest_get_skipped(m, "b", 1));
	assert_null(gv_manifest_get_skipped(m, "b/d", 3));
	assert_null(gv_manifest_get_skipped(NULL, "a", 1));
	gv_manifest_free(m);
	forget(&odb);
}

static void
a_missing_layer_is_named(void **state)
{
	static const char text[] = "git-vault manifest 1\nowner u g\n";
	struct gv_manifest_layer layers[2] = { { .number = 0 },
		{ .number = 31 } };
	struct gv_odb odb = { NULL, 0, 0 };
	struct gv_manifest *m;
	struct gv_oid tree;

	(void)state;
	layers[0].oid = keep(&odb, GV_OTYPE_BLOB, text, strlen(text));
	memcpy(layers[1].oid.id, "99", 3);
	tree = keep_layers(&odb, layers, 2);
	assert_int_equal(gv_manifest_load(&m, &odb, &tree), GV_ENOTFOUND);
	assert_string_equal(
	    gv_err_message(), "manifest layer 001f: object 99 is missing");
	tree = keep_layers(&odb, layers + 1, 1);
	assert_int_equal(gv_manifest_load(&m, &odb, &tree), GV_ENOTFOUND);
	assert_non_null(strstr(gv_err_message(), "0000"));
	forget(&odb);
}

#define PATHS 3000

/* The model: per path a time, 0 where it is gone. */
static void
assert_model(const struct gv_manifest *m, const int64_t *model)
{
	const struct gv_manifest_entry *e;
	size_t i, n = 0;
	char path[32];

	for (i = 0; i < PATHS; i++) {
		snprintf(path, sizeof(path), "d%zu/f%zu", i % 37, i);
		e = gv_manifest_get(m, path, strlen(path));
		if (model[i] == 0) {
			assert_null(e);
			continue;
		}
		n++;
		assert_non_null(e);
		assert_true(e->mtime_s == model[i]);
		assert_string_equal(e->user, model[i] % 3 ? "u" : "other");
	}
	assert_int_equal(gv_manifest_count(m), n);
}

static void
put_model(struct gv_buf *b, size_t i, int64_t t)
{
	struct gv_manifest_entry e = { 0 };
	char path[32];

	snprintf(path, sizeof(path), "d%zu/f%zu", i % 37, i);
	e.type = t ? GV_MANIFEST_FILE : GV_MANIFEST_GONE;
	e.path = path;
	e.path_len = strlen(path);
	e.mode = 0644;
	e.mtime_s = t;
	e.user = t % 3 ? "u" : "other";
	gv_manifest_put(b, &e);
}

/* Whose path it is of the model. */
static size_t
number_of(const char *path, size_t len)
{
	const char *f = memchr(path, '/', len);

	assert_non_null(f);
	return strtoul(f + 2, NULL, 10);
}

static int
mark_line(void *ctx, const struct gv_manifest_line *line)
{
	bool *told = ctx;

	told[number_of(line->path, line->path_len)] = true;
	return 0;
}

/* Of the second one, behind what differs. */
static int
mark_shown(void *ctx, const struct gv_manifest_line *line)
{
	bool *shown = (bool *)ctx + PATHS;

	shown[number_of(line->path, line->path_len)] = true;
	return 0;
}

static bool
is_picked(void *ctx, const char *path, size_t len)
{
	const bool *told = ctx;

	return told[number_of(path, len)];
}

/* Two manifests beside each other by their layers: all that differs is told,
 * all of the second shown, and what is told can be read alone. Returns how much
 * is told. */
static size_t
assert_differences(struct gv_odb *odb, const struct gv_oid trees[2],
    const int64_t *was, const int64_t *is, size_t *alike)
{
	static bool told[2 * PATHS];
	struct gv_manifest_text *a, *b;
	struct gv_manifest *m;
	size_t i, n = 0, left = 0;
	char path[32];

	memset(told, 0, sizeof(told));
	assert_int_equal(gv_manifest_text_open(&a, odb, &trees[0]), 0);
	assert_int_equal(gv_manifest_text_open(&b, odb, &trees[1]), 0);
	assert_int_equal(
	    gv_manifest_text_diff(a, b, mark_line, mark_shown, told), 0);
	for (i = 0; i < PATHS; i++) {
		assert_true(told[i] || was[i] == is[i]);
		assert_true(told[PATHS + i] || is[i] == 0);
		n += told[i];
	}
	for (i = 0; i < PATHS; i += 29) {
		bool is_alike;

		snprintf(path, sizeof(path), "d%zu/f%zu", i % 37, i);
		assert_int_equal(gv_manifest_text_is_alike(
				     &is_alike, a, b, path, strlen(path)),
		    0);
		assert_true(!is_alike || (was[i] == is[i] && !told[i]));
		*alike += is_alike;
	}
	assert_int_equal(gv_manifest_text_pick(&m, b, is_picked, told), 0);
	for (i = 0; i < PATHS; i++) {
		const struct gv_manifest_entry *e;

		snprintf(path, sizeof(path), "d%zu/f%zu", i % 37, i);
		e = gv_manifest_get(m, path, strlen(path));
		left += told[i] && is[i];
		assert_int_equal(e != NULL, told[i] && is[i]);
		if (e == NULL)
			continue;
		assert_true(e->mtime_s == is[i]);
		assert_string_equal(e->user, is[i] % 3 ? "u" : "other");
	}
	assert_int_equal(gv_manifest_count(m), left);
	gv_manifest_free(m);
	gv_manifest_text_close(a);
	gv_manifest_text_close(b);
	return n;
}

static void
stacking_five_thousand_layers_equals_the_model(void **state)
{
	static int64_t model[PATHS], was[PATHS];
	struct gv_manifest_layer layers[GV_MANIFEST_MAX_LAYERS];
	struct gv_odb odb = { NULL, 0, 0 };
	struct gv_buf text = GV_BUF_INIT, merged = GV_BUF_INIT;
	struct gv_manifest *m;
	struct gv_oid trees[2];
	size_t n = 0, most = 0, bases = 0, looks = 0, told = 0, i, k;
	size_t alike = 0;
	uint32_t seed = 7;
	int r;

	(void)state;
	for (i = 0; i < PATHS; i++)
		model[i] = (int64_t)i + 1;
	for (k = 1; k <= 5000; k++) {
		gv_buf_reset(&text);
		gv_buf_reset(&merged);
		/* the owner line differs now and then, as users do */
		gv_manifest_begin(&text, k % 5 ? "u" : "other", "g");
		seed = seed * 1664525 + 1013904223;
		i = (seed >> 8) % PATHS;
		model[i] = seed >> 30 ? (int64_t)k + 10000 : 0;
		put_model(&text, i, model[i]);
		r = gv_manifest_stack(layers, &n, &merged, &odb, &text);
		if (r == GV_EREFUSED) {
			bases++;
			gv_manifest_begin(&merged, "u", "g");
			for (i = 0; i < PATHS; i++)
				if (model[i])
					put_model(&merged, i, model[i]);
			n = 1;
			layers[0].number = 0;
			layers[0].size = 0;
		} else {
			assert_int_equal(r, 0);
		}
		layers[n - 1].oid =
		    keep(&odb, GV_OTYPE_BLOB, merged.p, merged.len);
		most = n > most ? n : most;
		assert_true(n <= GV_MANIFEST_MAX_LAYERS);
		if (k % 97 && k != 4096)
			continue;
		trees[1] = keep_layers(&odb, layers, n);
		assert_int_equal(gv_manifest_load(&m, &odb, &trees[1]), 0);
		assert_model(m, model);
		gv_manifest_free(m);
		if (looks++ > 0)
			told +=
			    assert_differences(&odb, trees, was, model, &alike);
		trees[0] = trees[1];
		memcpy(was, model, sizeof(was));
	}
	/* of what no layer says anything is told neither */
	assert_true(told / looks < PATHS / 4);
	assert_true(alike > looks);
	assert_true(most > 16);
	assert_true(bases >= 1 && bases < 20);
	gv_buf_release(&text);
	gv_buf_release(&merged);
	forget(&odb);
}

static int
add_line_path(void *ctx, const struct gv_manifest_line *line)
{
	struct gv_buf *out = ctx;

	gv_buf_addf(out, "%c%s%.*s;", (char)line->type,
	    line->is_special ? "!" : "", (int)line->path_len, line->path);
	return 0;
}

static int
pass_line(void *ctx, const struct gv_manifest_line *line)
{
	(void)ctx, (void)line;
	return 0;
}

static void
assert_told(const char *a, const char *b, int r, const char *told)
{
	struct gv_manifest_layer base[2] = { { 0 }, { 0 } };
	struct gv_odb odb = { NULL, 0, 0 };
	struct gv_manifest_text *texts[2];
	struct gv_buf out = GV_BUF_INIT;
	struct gv_oid tree;
	int i;

	base[0].oid = keep(&odb, GV_OTYPE_BLOB, a, strlen(a));
	base[1].oid = keep(&odb, GV_OTYPE_BLOB, b, strlen(b));
	for (i = 0; i < 2; i++) {
		tree = keep_layers(&odb, &base[i], 1);
		assert_int_equal(
		    gv_manifest_text_open(&texts[i], &odb, &tree), 0);
	}
	assert_int_equal(gv_manifest_text_diff(texts[0], texts[1],
			     add_line_path, pass_line, &out),
	    r);
	assert_string_equal(out.len ? out.p : "", told);
	gv_manifest_text_close(texts[0]);
	gv_manifest_text_close(texts[1]);
	gv_buf_release(&out);
	forget(&odb);
}

#define HEAD "git-vault manifest 1\nowner u g\n"

static void
two_bases_are_held_beside_each_other(void **state)
{
	(void)state;
	assert_told(HEAD "d 1.000000000 .\nf 1.000000000 a\n",
	    HEAD "d 1.000000000 .\nf 1.000000000 a\n", 0, "");
	assert_told(HEAD "d 1.000000000 .\nf 1.000000000 a b\n",
	    HEAD "d 2.000000000 .\nf 1.000000000 h=1 a b\n", 0, "d;f!a b;");
	assert_told(HEAD "d 1.000000000 a\nf 1.000000000 a/b\n",
	    HEAD "f 1.000000000 a\n", 0, "fa;fa/b;");
	assert_told(
	    HEAD "f 1.000000000 u=\"x y\" r=unstable a\n", HEAD, 0, "f!a;");
	assert_told(HEAD "f 1.000000000 \"h=1\"\nf 1.000000000 z\n",
	    HEAD "f 1.000000000 z\nf 1.000000000 b\n", 0, "fh=1;fb;");
	assert_told(HEAD "f 1.000000000 a\n",
	    "git-vault manifest 1\nowner v g\nf 1.000000000 a\n", GV_EREFUSED,
	    "");
	assert_told(HEAD "f 1.000000000 a\n", HEAD "f\n", GV_ECORRUPT, "");
	assert_told(HEAD "f 1.000000000 a=1\n", HEAD, GV_ECORRUPT, "");
}

/* Sixteen small layers on a base; on the stack they become two. */
static size_t
sixteen(struct gv_manifest_layer *layers, struct gv_odb *odb,
    const struct gv_buf *text)
{
	size_t i;

	for (i = 0; i < 16; i++) {
		layers[i].number = (unsigned)i;
		layers[i].size = i ? 10 : 100000;
		layers[i].oid = keep(odb, GV_OTYPE_BLOB, text->p, text->len);
	}
	return i;
}

static void
a_damaged_old_layer_asks_for_a_new_base(void **state)
{
	struct gv_manifest_layer layers[GV_MANIFEST_MAX_LAYERS];
	struct gv_odb odb = { NULL, 0, 0 };
	struct gv_buf text = GV_BUF_INIT, merged = GV_BUF_INIT;
	size_t n;

	(void)state;
	gv_manifest_begin(&text, "u", "g");
	n = sixteen(layers, &odb, &text);
	assert_int_equal(
	    gv_manifest_stack(layers, &n, &merged, &odb, &text), 0);
	assert_int_equal(n, 2);
	assert_int_equal(layers[1].number, 16);
	gv_buf_reset(&merged);
	n = sixteen(layers, &odb, &text);
	layers[7].oid = keep(&odb, GV_OTYPE_BLOB, "damage", 6);
	assert_int_equal(
	    gv_manifest_stack(layers, &n, &merged, &odb, &text), GV_EREFUSED);
	memcpy(layers[7].oid.id, "99", 3);
	assert_int_equal(
	    gv_manifest_stack(layers, &n, &merged, &odb, &text), GV_EREFUSED);
	assert_int_equal(merged.len, 0);
	assert_int_equal(n, 16);
	layers[15].number = 0xffff;
	assert_int_equal(
	    gv_manifest_stack(layers, &n, &merged, &odb, &text), GV_EREFUSED);
	n = 0;
	assert_int_equal(
	    gv_manifest_stack(layers, &n, &merged, &odb, &text), GV_EREFUSED);
	gv_buf_release(&text);
	gv_buf_release(&merged);
	forget(&odb);
}

UNIT(manifest)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_comes_back),
		cmocka_unit_test(odd_paths_come_back),
		cmocka_unit_test(lines_read_as_the_format_says),
		cmocka_unit_test(damaged_lines_are_named),
		cmocka_unit_test(foreign_headers_are_refused),
		cmocka_unit_test(a_path_that_is_a_dot_is_not_the_root),
		cmocka_unit_test(only_files_in_chunks_need_format_2),
		cmocka_unit_test(extents_come_back),
		cmocka_unit_test(
		    the_order_puts_a_directory_before_what_it_holds),
		cmocka_unit_test(what_is_not_stored_covers_all_below_it),
		cmocka_unit_test(a_missing_layer_is_named),
		cmocka_unit_test(
		    stacking_five_thousand_layers_equals_the_model),
		cmocka_unit_test(two_bases_are_held_beside_each_other),
		cmocka_unit_test(a_damaged_old_layer_asks_for_a_new_base),
	};

	return UNIT_RUN(tests);
}
