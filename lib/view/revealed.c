#include "view/revealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "object/tree.h"
#include "record/record.h"
#include "safe/safe_reader.h"
#include "seal/withheld.h"
#include "view/crossing.h"

struct gv_revealed {
	struct gv_withheld list;
	struct gv_redact_span *places; /* of list.entries */
	struct gv_revealed_bar *bars;  /* of the same; NULL: none */
	struct gv_revealed_file *files;
	size_t n_files, cap;
	struct gv_map paths; /* path -> struct gv_revealed_file */
};

struct gv_revealed_reader {
	struct gv_odb *odb;
	struct gv_safe *safe;        /* NULL: nothing is opened */
	struct gv_safe_reader *open; /* made when first needed */
};

/* --- the list --- */

static int
read_entries(struct gv_revealed *g, const void *data, size_t len)
{
	struct gv_withheld_iter it = { 0 };
	struct gv_withheld_entry e;
	int r = gv_withheld_open(&it, data, len);

	while (r == 0 && (r = gv_withheld_next(&it, &e)) > 0)
		r = gv_withheld_add(&g->list, &e);
	gv_withheld_close(&it);
	return r;
}

/* The entries of a path stand together. */
static int
join_files(struct gv_revealed *g)
{
	const struct gv_withheld_entry *e = g->list.entries;
	struct gv_revealed_file *f = NULL;
	size_t i;
	int r = 0;

	g->places = calloc(g->list.n + 1, sizeof(*g->places));
	g->files = calloc(g->list.n + 1, sizeof(*g->files));
	if (g->places == NULL || g->files == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < g->list.n; i++) {
		g->places[i] = e[i].place;
		if (f && f->entries->path_len == e[i].path_len &&
		    memcmp(f->entries->path, e[i].path, e[i].path_len) == 0) {
			f->n++;
			continue;
		}
		f = &g->files[g->n_files++];
		*f = (struct gv_revealed_file){
			.entries = &e[i], .places = &g->places[i], .n = 1
		};
		r = gv_map_put(&g->paths, e[i].path, e[i].path_len, f);
	}
	return r;
}

static int
load(struct gv_revealed *g, struct gv_odb *odb, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(odb, &obj, oid, GV_OTYPE_BLOB);

	if (r == 0 && (r = read_entries(g, obj.data, obj.len)) == 0)
		r = join_files(g);
	gv_object_release(&obj);
	return r;
}

int
gv_revealed_parse(struct gv_revealed **out, const struct gv_buf *list)
{
	struct gv_revealed *g;
	int r;

	*out = NULL;
	if (list->len == 0)
		return 0;
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return gv_err_nomem();
	g->list = (struct gv_withheld)GV_WITHHELD_INIT;
	if ((r = read_entries(g, list->p, list->len)) == 0 &&
	    (r = join_files(g)) == 0)
		*out = g;
	else
		gv_revealed_free(g);
	return r;
}

int
gv_revealed_load(struct gv_revealed **out, struct gv_odb *odb,
    const struct gv_record *rec, enum gv_revealed_tree tree)
{
	static const char *const names[] = { GV_REVEALED_LIST,
		GV_REVEALED_INDEX_LIST, GV_REVEALED_META_LIST };
	/* of the files alone the snapshot says how many places there are */
	bool is_counted = tree == GV_REVEALED_TREE;
	const char *name = names[tree];
	struct gv_revealed *g;
	struct gv_oid oid;
	unsigned mode;
	int r = gv_tree_find(odb, &rec->meta, name, &mode, &oid);

	*out = NULL;
	if (r == GV_ENOTFOUND && (!is_counted || rec->secrets == 0))
		return 0;
	if (r == GV_ENOTFOUND)
		return gv_err(GV_ECORRUPT,
		    "it has %llu encrypted secrets, but meta/%s is missing",
		    (unsigned long long)rec->secrets, name);
	if (r < 0)
		return r;
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return gv_err_nomem();
	g->list = (struct gv_withheld)GV_WITHHELD_INIT;
	if ((r = load(g, odb, &oid)) == 0 && is_counted &&
	    g->list.n != rec->secrets)
		r = gv_err(GV_ECORRUPT,
		    "the list of encrypted secrets has %zu places, but the "
		    "snapshot names %llu",
		    g->list.n, (unsigned long long)rec->secrets);
	if (r < 0) {
		gv_revealed_free(g);
		return r;
	}
	*out = g;
	return 0;
}

void
gv_revealed_free(struct gv_revealed *g)
{
	if (g == NULL)
		return;
	gv_map_release(&g->paths);
	gv_withheld_release(&g->list);
	free(g->places);
	free(g->files);
	free(g->bars);
	free(g);
}

int
gv_revealed_bar_crossing(struct gv_revealed *g, struct gv_crossing *crossing)
{
	struct gv_crossing_why why;
	struct gv_revealed_bar *bars;
	size_t i;
	int r = 0;

	if (g == NULL || crossing == NULL)
		return 0;
	bars = calloc(g->list.n + 1, sizeof(*bars));
	if (bars == NULL)
		return gv_err_nomem();
	for (i = 0; i < g->list.n && r >= 0; i++) {
		r = gv_crossing_find(&why, crossing, &g->list.entries[i]);
		if (r > 0)
			bars[i] = (struct gv_revealed_bar){ true, why.scope,
				why.reader };
	}
	if (r < 0) {
		free(bars);
		return r;
	}
	free(g->bars);
	g->bars = bars;
	for (i = 0; i < g->n_files; i++)
		g->files[i].bars =
		    bars + (g->files[i].entries - g->list.entries);
	return 0;
}

const struct gv_revealed_file *
gv_revealed_find(const struct gv_revealed *g, const char *path, size_t len)
{
	return g ? gv_map_get(&g->paths, path, len) : NULL;
}

const struct gv_revealed_file *
gv_revealed_at(const struct gv_revealed *g, size_t i)
{
	return g && i < g->n_files ? &g->files[i] : NULL;
}

size_t
gv_revealed_count(const struct gv_revealed *g)
{
	return g ? g->list.n : 0;
}

/* --- the bytes --- */

int
gv_revealed_reader_new(
    struct gv_revealed_reader **out, struct gv_odb *odb, struct gv_safe *safe)
{
	struct gv_revealed_reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return gv_err_nomem();
	r->odb = odb;
	r->safe = safe;
	*out = r;
	return 0;
}

void
gv_revealed_reader_free(struct gv_revealed_reader *r)
{
	if (r == NULL)
		return;
	gv_safe_reader_free(r->open);
	free(r);
}

struct flow {
	struct gv_revealed_reader *reader;
	struct gv_revealed_left *left;
	const struct gv_revealed_file *file;
	struct gv_revealed_stood *stood; /* NULL: nobody asks */
	struct gv_redact_undo *undo;
	int (*fn)(void *ctx, const void *data, size_t len);
	void *ctx;
	uint64_t given; /* bytes that went on */
	int error;      /* of fn */
};

static int
give(void *ctx, const void *data, size_t len)
{
	struct flow *f = ctx;
	int r = f->fn(f->ctx, data, len);

	f->given += len;
	f->error = r < 0 ? r : 0;
	return r;
}

/* Whether a failure is one of this value alone, whose placeholder stays then:
 * GV_ENOKEY, or the failure itself. */
static int
leave(struct flow *f, const struct gv_withheld_entry *e, int r)
{
	struct gv_revealed_left *left = f->left;

	if (r != GV_ENOKEY && r != GV_ENOTFOUND && r != GV_ECORRUPT &&
	    r != GV_EREFUSED)
		return r;
	if (left->scope == NULL)
		left->scope = e->scope;
	if (r == GV_ENOKEY) {
		left->sealed++;
		return GV_ENOKEY;
	}
	if (left->damaged++ == 0) {
		left->scope = e->scope;
		snprintf(
		    left->reason, sizeof(left->reason), "%s", gv_err_message());
	}
	return GV_ENOKEY;
}

/* Whether it stays, whoever could open it; counted then. */
static bool
is_barred(struct flow *f, const struct gv_withheld_entry *e)
{
	const struct gv_revealed_bar *bar =
	    f->file->bars ? &f->file->bars[e - f->file->entries] : NULL;

	if (f->reader->safe == NULL || bar == NULL || !bar->is_barred)
		return false;
	if (f->left->crossed++ == 0)
		f->left->bar = bar;
	if (f->left->scope == NULL)
		f->left->scope = e->scope;
	return true;
}

/* Be ready to open a value. 0, or GV_ENOKEY where none is to be opened. */
static int
open_safe(struct flow *f, const struct gv_withheld_entry *e)
{
	struct gv_revealed_reader *r = f->reader;

	if (r->safe == NULL)
		return GV_ENOKEY;
	if (e->kind == GV_WITHHELD_STATE)
		return gv_err(GV_ENOTFOUND,
		    "it is a version of a state, which is stored elsewhere");
	return r->open ? 0 : gv_safe_reader_new(&r->open, r->safe);
}

static struct gv_safe_place
place_of(const struct gv_withheld_entry *e)
{
	return (struct gv_safe_place){
		.scope = e->scope, .id = e->place.id, .object = e->object
	};
}

/* Note what comes now in place of a placeholder. */
static void
note(struct flow *f, size_t i, uint64_t len, bool is_left)
{
	if (f->stood)
		f->stood[i] =
		    (struct gv_revealed_stood){ f->given, len, is_left };
}

static int
value(void *ctx, struct gv_secret *out, const struct gv_redact_span *span)
{
	struct flow *f = ctx;
	const struct gv_withheld_entry *e =
	    &f->file->entries[span - f->file->places];
	struct gv_safe_place place = place_of(e);
	size_t before = out->len;
	int r;

	if (is_barred(f, e)) {
		note(f, (size_t)(span - f->file->places), span->len, true);
		return GV_ENOKEY;
	}
	if ((r = open_safe(f, e)) == 0)
		r = gv_safe_get(f->reader->open, out, &place);
	if (r < 0 && out->len > before)
		gv_secret_truncate(out, before);
	note(f, (size_t)(span - f->file->places),
	    r < 0 ? span->len : out->len - before, r < 0);
	return r < 0 ? leave(f, e, r) : 0;
}

/* Stored bytes on their way to where values are put back; holes as zeros. */
static int
undo_bytes(void *ctx, const void *data, size_t len)
{
	static const char zeros[64 * 1024];
	struct flow *f = ctx;
	size_t n;
	int r = 0;

	if (data)
		return gv_redact_undo_add(f->undo, data, len);
	for (; r == 0 && len > 0; len -= n) {
		n = len < sizeof(zeros) ? len : sizeof(zeros);
		r = gv_redact_undo_add(f->undo, zeros, n);
	}
	return r;
}

static int
stream_spans(struct flow *f, const struct gv_revealed_what *what)
{
	const struct gv_redact_undo_to to = { value, give, f };
	int r;

	if ((r = gv_redact_undo_new(
		 &f->undo, &to, f->file->places, f->file->n)) < 0)
		goto out;
	r = what->is_chunked
	    ? gv_chunk_stream(f->reader->odb, &what->oid, undo_bytes, f)
	    : gv_odb_stream(f->reader->odb, &what->oid, undo_bytes, f);
	if (r < 0)
		goto out;
	r = gv_redact_undo_finish(f->undo, NULL);
out:
	gv_redact_undo_free(f->undo);
	return r;
}

/* A value that is all of the file goes straight on, however large it is. */
static int
stream_whole(struct flow *f, const struct gv_revealed_what *what)
{
	const struct gv_withheld_entry *e = f->file->entries;
	struct gv_safe_place place = place_of(e);
	struct gv_object obj = { 0 };
	char text[GV_REDACT_MAX];
	size_t len = gv_redact_placeholder(text, e->place.rule, &e->place.id);
	int r =
	    gv_odb_read_type(f->reader->odb, &obj, &what->oid, GV_OTYPE_BLOB);

	if (r == 0 && (obj.len != len || memcmp(obj.data, text, len) != 0))
		r = gv_err(GV_ECORRUPT,
		    "its place does not have the placeholder of its secret");
	gv_object_release(&obj);
	if (r < 0)
		return r;
	if (is_barred(f, e)) {
		if (f->stood)
			f->stood[0] =
			    (struct gv_revealed_stood){ 0, len, true };
		return f->fn(f->ctx, text, len);
	}
	if ((r = open_safe(f, e)) == 0)
		r = gv_safe_read(f->reader->open, &place, give, f);
	if (f->stood)
		f->stood[0] = (struct gv_revealed_stood){ 0,
			r < 0 ? len : f->given, r < 0 };
	if (r == 0 || f->error)
		return r;
	r = leave(f, e, r);
	if (r == GV_ENOKEY && f->given)
		return gv_err(GV_ECORRUPT, "%s", f->left->reason);
	return r == GV_ENOKEY ? f->fn(f->ctx, text, len) : r;
}

/* Whether the only place is the whole file. */
static int
is_whole(struct flow *f, const struct gv_revealed_what *what)
{
	const struct gv_redact_span *place = f->file->places;
	uint64_t size;
	int r;

	if (f->file->n != 1 || place->at != 0 || what->is_chunked)
		return 0;
	if (f->file->entries->kind != GV_WITHHELD_SPAN)
		return 1;
	r = gv_odb_read_size(f->reader->odb, &size, &what->oid);
	return r < 0 ? r : size == place->len;
}

int
gv_revealed_stream(struct gv_revealed_left *left, struct gv_revealed_reader *r,
    const struct gv_revealed_what *what,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx)
{
	struct flow f = { .reader = r,
		.left = left,
		.file = what->file,
		.stood = what->stood,
		.fn = fn,
		.ctx = ctx };
	int whole = is_whole(&f, what);

	memset(left, 0, sizeof(*left));
	if (whole < 0)
		return whole;
	return whole ? stream_whole(&f, what) : stream_spans(&f, what);
}

static int
nowhere(void *ctx, const void *data, size_t len)
{
	(void)ctx, (void)data, (void)len;
	return 0;
}

int
gv_revealed_try(struct gv_revealed_left *left, struct gv_revealed_reader *r,
    const struct gv_revealed_what *what)
{
	return gv_revealed_stream(left, r, what, nowhere, NULL);
}
