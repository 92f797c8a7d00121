#include "verify/repair_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/chunk.h"
#include "object/tree.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "sys/dir.h"
#include "sys/file.h"

/*
 * Whoever holds the bytes of a large file holds its chunks: cut again, what is
 * looked for falls out, chunks and the trees and the pointer over them. A file
 * that has changed since still gives what lies in its unchanged parts.
 */
#define WINDOW (GV_CHUNK_MAX + ((size_t)1 << 20))

struct cutting {
	struct gv_repair_run *run;
	const char *source, *detail;
	unsigned char *window;
	size_t begin, end; /* what is not cut yet */
	struct gv_chunk_tree tree;
	struct gv_chunk_pointer pointer;
	struct gv_hash_sha256 digest;
	uint64_t found;
};

static int
offer(struct cutting *c, enum gv_otype type, const struct gv_oid *id,
    const void *data, size_t len)
{
	const struct gv_object obj = { .type = type, .data = data, .len = len };
	int r = gv_repair_offer(c->run, id, &obj, c->source, c->detail);

	c->found += r > 0;
	return r < 0 ? r : 0;
}

static int
offer_tree(void *cutting, const struct gv_oid *id, const void *data, size_t len)
{
	return offer(cutting, GV_OTYPE_TREE, id, data, len);
}

/* Cut what is in the window; its end only where nothing comes behind it. */
static int
cut_window(struct cutting *c, bool all)
{
	struct gv_oid id;
	size_t n;
	int r = 0;

	while (r == 0 && c->end > c->begin &&
	    (all || c->end - c->begin >= GV_CHUNK_MAX)) {
		const unsigned char *p = c->window + c->begin;

		n = gv_chunk_cut(p, c->end - c->begin);
		if ((r = gv_oid_of(&id, GV_OTYPE_BLOB, p, n)) == 0 &&
		    (r = offer(c, GV_OTYPE_BLOB, &id, p, n)) == 0)
			r = gv_chunk_tree_add(&c->tree, NULL, &id);
		c->begin += n;
	}
	memmove(c->window, c->window + c->begin, c->end - c->begin);
	c->end -= c->begin;
	c->begin = 0;
	return r == 0 && gv_cancel_requested() ? gv_cancel_error() : r;
}

static int
feed(void *cutting, const void *data, size_t len)
{
	struct cutting *c = cutting;
	const unsigned char *p = data;
	size_t n;
	int r = 0;

	gv_hash_sha256_update(&c->digest, data, len);
	c->pointer.size += len;
	for (; r == 0 && len > 0; p += n, len -= n) {
		n = WINDOW - c->end < len ? WINDOW - c->end : len;
		memcpy(c->window + c->end, p, n);
		c->end += n;
		r = cut_window(c, false);
	}
	return r;
}

/* Whole holes of `len` bytes in sum. */
static int
feed_hole(struct cutting *c, uint64_t len)
{
	int r = cut_window(c, true);

	c->pointer.size += len;
	c->pointer.has_holes = true;
	for (; r == 0 && len > 0; len -= GV_CHUNK_HOLE)
		r = gv_chunk_tree_add(&c->tree, NULL, &gv_chunk_hole);
	return r;
}

static void
cut_init(struct cutting *c, struct gv_repair_run *run, const char *source,
    const char *detail)
{
	memset(c, 0, sizeof(*c));
	c->run = run;
	c->source = source;
	c->detail = detail;
	c->window = run->window;
	c->tree = (struct gv_chunk_tree)GV_CHUNK_TREE_INIT;
	c->tree.made = offer_tree;
	c->tree.made_ctx = c;
	gv_hash_sha256_init(&c->digest);
}

/* The bytes are at their end: the trees, and the pointer. */
static int
cut_finish(struct cutting *c)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid id;
	int r = cut_window(c, true);

	if (r < 0 || c->pointer.size == 0)
		return r;
	r = gv_chunk_tree_finish(&c->tree, NULL, &c->pointer.tree);
	gv_hash_sha256_finish(&c->digest, c->pointer.digest);
	gv_chunk_pointer_write(&text, &c->pointer);
	if (r == 0 && (r = gv_buf_check(&text)) == 0 &&
	    (r = gv_oid_of(&id, GV_OTYPE_BLOB, text.p, text.len)) == 0 &&
	    (r = offer(c, GV_OTYPE_BLOB, &id, text.p, text.len)) == 0)
		r = gv_repair_pointer_note(c->run, &id, &c->pointer.tree);
	gv_buf_release(&text);
	return r;
}

/* --- files --- */

/* From `at` on, as the snapshot reads it: holes as large as a chunk of zeros
 * are passed over. */
static int
cut_fd(struct cutting *c, int fd, const struct stat *st)
{
	const bool sparse =
	    (uint64_t)st->st_blocks * 512 < (uint64_t)st->st_size;
	uint64_t ask = sparse ? 0 : UINT64_MAX, size = (uint64_t)st->st_size;
	uint64_t at = 0, data, hole;
	unsigned char *piece = malloc(GV_CHUNK_MAX);
	ssize_t n = 1;
	int r = piece ? 0 : gv_err_nomem();

	while (r == 0 && n > 0) {
		if (at >= ask) {
			r = gv_file_next_data(fd, at, &data, &ask);
			data = r > 0 && data < size ? data : r < 0 ? at : size;
			ask = r > 0 ? ask : UINT64_MAX;
			hole = data > at ? data - at : 0;
			hole -= hole % GV_CHUNK_HOLE;
			at += hole;
			r = hole ? feed_hole(c, hole) : 0;
		}
		n = (ssize_t)(ask - at < GV_CHUNK_MAX ? ask - at
						      : GV_CHUNK_MAX);
		if (r == 0)
			n = gv_file_pread_full(fd, piece, (size_t)n, (off_t)at);
		if (r == 0 && n > 0)
			r = feed(c, piece, (size_t)n);
		at += n > 0 ? (uint64_t)n : 0;
	}
	free(piece);
	return r;
}

/* A file that cannot be read to its end gives what it gave. */
static int
cut_file(
    struct gv_repair_run *run, const struct gv_repair_file *f, uint64_t *found)
{
	struct cutting c;
	struct stat st;
	const char *name = gv_repair_file_name(run, f);
	int root = name ? gv_dir_open_root(f->top->dir) : -1, fd, r = 0;

	if (root < 0)
		return name ? 0 : GV_ENOMEM;
	fd = gv_dir_open_file(root, f->path, strlen(f->path));
	cut_init(&c, run, "cut out of the working tree", name);
	if (fd >= 0 && gv_dir_stat_fd(fd, &st) == 0) {
		if ((r = cut_fd(&c, fd, &st)) == 0)
			r = cut_finish(&c);
	}
	*found += c.found;
	gv_chunk_tree_release(&c.tree);
	gv_file_close(fd);
	gv_file_close(root);
	return r;
}

/* The largest first, until nothing is missing any more. */
static int
cut_worktree(struct gv_repair_run *run, uint64_t wanted, uint64_t *found)
{
	size_t i;
	int r = gv_repair_files(run);

	for (i = run->n_files; r == 0 && i-- > 0 && *found < wanted;) {
		if (run->files[i]->size < GV_CHUNK_MIN)
			break;
		if (!run->files[i]->is_link)
			r = cut_file(run, run->files[i], found);
	}
	return r;
}

/* --- whole blobs --- */

/* What is looked for, and the sizes of the files it belongs to. */
struct wanted {
	struct gv_repair_run *run;
	uint64_t n; /* objects */
	uint64_t *sizes;
	size_t n_sizes, cap;
	uint64_t found;
};

static int
cut_blob(struct wanted *w, const struct gv_oid *blob)
{
	struct cutting c;
	char *hex = gv_arena_alloc(&w->run->arena, GV_OID_HEX + 1);
	int r;

	if (hex == NULL)
		return GV_ENOMEM;
	gv_oid_format(hex, blob);
	cut_init(&c, w->run, "cut from an intact file in git", hex);
	if ((r = gv_odb_stream(w->run->odb, blob, feed, &c)) == 0)
		r = cut_finish(&c);
	w->found += c.found;
	gv_chunk_tree_release(&c.tree);
	return r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

/* The project's own history may hold the file as it is: a blob of its very
 * size. */
static int
visit_blob(void *wanted, const struct gv_oid *id)
{
	struct wanted *w = wanted;
	enum gv_otype type;
	size_t size, i;

	if (w->found >= w->n ||
	    gv_odb_read_header(w->run->odb, &type, &size, id) < 0 ||
	    type != GV_OTYPE_BLOB)
		return 0;
	for (i = 0; i < w->n_sizes; i++)
		if (w->sizes[i] == size)
			return cut_blob(w, id);
	return gv_cancel_requested() ? gv_cancel_error() : 0;
}

/* --- a pointer out of its chunks --- */

struct sum {
	struct gv_odb *odb;
	struct gv_chunk_pointer pointer;
	struct gv_hash_sha256 digest;
};

static int
sum_bytes(void *sum, const void *data, size_t len)
{
	struct sum *s = sum;

	gv_hash_sha256_update(&s->digest, data, len);
	s->pointer.size += len;
	return 0;
}

static int
sum_chunk(void *sum, const struct gv_oid *id)
{
	struct sum *s = sum;

	if (gv_cancel_requested())
		return gv_cancel_error();
	if (!gv_oid_equal(id, &gv_chunk_hole))
		return gv_odb_stream(s->odb, id, sum_bytes, s);
	s->pointer.size += GV_CHUNK_HOLE;
	s->pointer.has_holes = true;
	return 0;
}

/* meta/chunks says which tree the pointer names; all else it says can be
 * summed up. */
static int
make_pointer(struct gv_repair_run *run, const struct gv_oid *pointer,
    const struct gv_oid *tree)
{
	struct sum s = { .odb = run->odb, .pointer = { .tree = *tree } };
	struct gv_buf text = GV_BUF_INIT;
	struct gv_object obj = { .type = GV_OTYPE_BLOB };
	struct gv_oid id;
	int r;

	gv_hash_sha256_init(&s.digest);
	r = gv_chunk_each(run->odb, tree, sum_chunk, &s);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		return 0;
	gv_hash_sha256_finish(&s.digest, s.pointer.digest);
	gv_chunk_pointer_write(&text, &s.pointer);
	if (r == 0 && (r = gv_buf_check(&text)) == 0)
		r = gv_oid_of(&id, GV_OTYPE_BLOB, text.p, text.len);
	obj.data = (const unsigned char *)text.p;
	obj.len = text.len;
	if (r == 0 && gv_oid_equal(&id, pointer))
		r = gv_repair_offer(
		    run, &id, &obj, "computed from its chunks", "");
	gv_buf_release(&text);
	return r;
}

/* A hole's bytes are known. */
static int
make_hole(struct gv_repair_run *run)
{
	struct gv_object obj = { .type = GV_OTYPE_BLOB,
		.len = (size_t)GV_CHUNK_HOLE };
	unsigned char *zeros = calloc(1, obj.len);
	int r;

	obj.data = zeros;
	r = zeros ? gv_repair_offer(run, &gv_chunk_hole, &obj,
			"computed: a hole of a sparse file", "")
		  : gv_err_nomem();
	free(zeros);
	return r < 0 ? r : 0;
}

/* --- all of it --- */

static int
add_size(struct wanted *w, uint64_t size)
{
	int r = GV_GROW(w->sizes, w->n_sizes, w->cap);

	if (r == 0)
		w->sizes[w->n_sizes++] = size;
	return r;
}

static int
want_size(struct wanted *w, const struct gv_oid *pointer)
{
	struct gv_chunk_pointer p;
	int r = gv_chunk_pointer_load(&p, w->run->odb, pointer);

	if (r < 0)
		return r == GV_ENOMEM ? r : 0;
	return add_size(w, p.size);
}

/* A pointer that no list says the tree of. */
static int
look_at_lone(struct wanted *w, const struct gv_repair_place *p)
{
	uint64_t size;
	int r = gv_repair_pointer_size(&size, w->run, p);

	w->n += r > 0;
	return r > 0 ? add_size(w, size) : r;
}

/* Whether the place is one of a large file: below meta/chunks/<pointer>/, or
 * the pointer itself. */
static int
look_at_place(struct wanted *w, const struct gv_repair_place *p)
{
	char name[12 + GV_OID_HEX + 1] = "meta/chunks/";
	struct gv_tree_entry e;
	struct gv_oid pointer;
	int r;

	if (gv_oid_equal(&p->item->oid, &gv_chunk_hole))
		return make_hole(w->run);
	if (gv_repair_is_chunk_list(p))
		return 0;
	if (p->len >= 12 + GV_OID_HEX && memcmp(p->path, name, 12) == 0) {
		r = gv_oid_parse(&pointer, p->path + 12);
		w->n += r == 0;
		return r < 0 ? 0 : want_size(w, &pointer);
	}
	gv_oid_format(name + 12, &p->item->oid);
	r = gv_repair_find_path(&e, w->run, &p->root, name);
	if (r <= 0)
		return r < 0 ? r : look_at_lone(w, p);
	r = make_pointer(w->run, &p->item->oid, &e.oid);
	w->n += r == 0;
	return r < 0 ? r : 0;
}

/* Look for all of them wherever a file may hold them. */
static int
cut_all(struct wanted *w)
{
	struct gv_repair_run *run = w->run;
	int r;

	run->window = malloc(WINDOW);
	if (run->window == NULL)
		return gv_err_nomem();
	r = cut_worktree(run, w->n, &w->found);
	if (r == 0 && w->n > w->found && w->n_sizes)
		r = gv_odb_health_each(run->odb, visit_blob, w);
	free(run->window);
	run->window = NULL;
	return r;
}

int
gv_repair_chunks(struct gv_repair_run *run)
{
	struct wanted w = { .run = run };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->n_places; i++)
		if (!run->places[i].item->found)
			r = look_at_place(&w, &run->places[i]);
	if (r == 0 && w.n)
		r = cut_all(&w);
	/* pointers that were cut out are known now */
	for (i = 0; r == 0 && i < run->n_places; i++)
		if (!run->places[i].item->found &&
		    gv_repair_is_chunk_list(&run->places[i]))
			r = gv_repair_chunk_list(run, &run->places[i]);
	free(w.sizes);
	return r;
}
