#include "verify/verify_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "record/manifest.h"
#include "sys/cancel.h"
#include "sys/workers.h"

/*
 * A thousand snapshots of one working tree differ from one another in a few
 * files, so each is held against the one before: where neither the tree nor
 * the manifest's line of a path differs, what held there holds here. Layers
 * that both have say nothing new; the paths of all others, and those of the
 * trees' difference, are looked at one by one. Whatever is not plainly right
 * is left to the restore's own eyes, which know every reason.
 *
 * What two snapshots are to each other needs no third, so threads share them
 * out, in long runs, since each goes on from what it has at hand. A layer
 * stands in memory once, and only while a thread has a snapshot at hand whose
 * it is: of a large tree that is its base, and while that changes two.
 */
#define MANY_GONE 16
#define EFFORT    8 /* that a snapshot takes, in objects read */

/* What a layer says of a path. */
struct line {
	enum gv_manifest_type type;
	uint64_t chunked;
	bool is_pointer; /* the tree has something else than the file */
	char path[];     /* NUL-terminated */
};

struct layer {
	struct gv_oid oid;
	struct gv_arena arena;
	struct gv_map lines; /* path -> struct line */
	unsigned users;
};

/* The metadata of a snapshot that count here. */
struct stack {
	struct gv_manifest_layer list[GV_MANIFEST_MAX_LAYERS];
	struct layer *layers[GV_MANIFEST_MAX_LAYERS]; /* NULL: not read yet */
	size_t n;
	struct gv_oid chunks; /* the tree of large files' chunks; zero: none */
};

/* What a thread has at hand. */
struct worker {
	struct stack stack;
	const struct gv_verify_snapshot *of; /* NULL: of none */
};

struct gv_verify_layers {
	pthread_mutex_t lock;
	struct gv_map used;     /* object id -> struct layer */
	struct worker *workers; /* one a thread */
	size_t n;
};

/* A snapshot beside the one before it. */
struct fit {
	struct gv_verify_run *run;
	struct stack *stacks[2]; /* 0: of the one before */
	size_t common;           /* layers */
	struct gv_map changed;   /* path -> kind, of the trees' difference */
	struct gv_arena arena;
	const char *founded; /* the path of a directory that is known to be */
	size_t founded_len;
	struct gv_verify_step *step;
	const char *gone[MANY_GONE]; /* directories */
	size_t n_gone;
};

enum kind {
	KIND_NONE = 1, /* the tree has nothing there */
	KIND_FILE,
	KIND_LINK,
};

static void
free_layer(struct layer *l)
{
	if (l == NULL)
		return;
	gv_map_release(&l->lines);
	gv_arena_release(&l->arena);
	free(l);
}

static int
add_line(struct layer *l, const struct gv_manifest_entry *e)
{
	struct line *line =
	    gv_arena_alloc(&l->arena, sizeof(*line) + e->path_len + 1);

	if (line == NULL)
		return GV_ENOMEM;
	line->type = e->type;
	line->chunked = e->chunked;
	line->is_pointer = e->chunked || gv_manifest_is_pointer(e);
	memcpy(line->path, e->path, e->path_len);
	return gv_map_put(&l->lines, line->path, e->path_len, line);
}

static int
parse_layer(struct layer *l, const struct gv_object *obj)
{
	struct gv_manifest_iter it;
	struct gv_manifest_entry e;
	int r;

	r = gv_manifest_iter_init(&it, (const char *)obj->data, obj->len);
	if (r < 0)
		return r;
	while ((r = gv_manifest_next(&it, &e)) > 0) {
		/* a NUL is left to the closer look */
		r = memchr(e.path, '\0', e.path_len) ? GV_ECORRUPT
						     : add_line(l, &e);
		if (r < 0)
			break;
	}
	gv_manifest_iter_release(&it);
	return r;
}

static int
read_layer(struct layer **out, struct gv_odb *odb, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	struct layer *l = NULL;
	int r = gv_odb_read_type(odb, &obj, oid, GV_OTYPE_BLOB);

	if (r < 0)
		return r;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		r = gv_err_nomem();
	if (r == 0) {
		l->oid = *oid;
		r = parse_layer(l, &obj);
	}
	gv_object_release(&obj);
	if (r < 0)
		free_layer(l);
	else
		*out = l;
	return r;
}

/* The layer that is in use, or `own` (may be NULL), which is from now on. */
static int
use_layer(struct layer **out, struct gv_verify_layers *all,
    const struct gv_oid *oid, struct layer *own)
{
	struct layer *l;
	int r = 0;

	pthread_mutex_lock(&all->lock);
	l = gv_map_get(&all->used, oid->id, GV_OID_RAW);
	if (l == NULL && own) {
		r = gv_map_put(&all->used, own->oid.id, GV_OID_RAW, own);
		if (r == 0)
			l = own;
	}
	if (l)
		l->users++;
	pthread_mutex_unlock(&all->lock);
	if (l != own)
		free_layer(own);
	*out = l;
	return r;
}

static int
get_layer(struct layer **out, struct fit *f, const struct gv_oid *oid)
{
	struct gv_verify_layers *all = f->run->layers;
	struct layer *own = NULL;
	int r = use_layer(out, all, oid, NULL);

	if (r < 0 || *out)
		return r;
	r = read_layer(&own, f->run->odb, oid);
	return r < 0 ? r : use_layer(out, all, oid, own);
}

/* Give the layers back; those that nobody has any more go. */
static void
release_stack(struct stack *stack, struct gv_verify_layers *all)
{
	size_t i;

	pthread_mutex_lock(&all->lock);
	for (i = 0; i < stack->n; i++) {
		struct layer *l = stack->layers[i];

		if (l == NULL || --l->users > 0)
			continue;
		gv_map_del(&all->used, l->oid.id, GV_OID_RAW);
		free_layer(l);
	}
	pthread_mutex_unlock(&all->lock);
	stack->n = 0;
}

void
gv_verify_layers_free(struct gv_verify_layers *all)
{
	size_t i;

	if (all == NULL)
		return;
	for (i = 0; i < all->n; i++)
		release_stack(&all->workers[i].stack, all);
	gv_map_release(&all->used);
	pthread_mutex_destroy(&all->lock);
	free(all->workers);
	free(all);
}

/* The newest line of a path in the layers from `from` on, or NULL. */
static const struct line *
find_line(
    const struct fit *f, int side, size_t from, const char *path, size_t len)
{
	uint64_t hash = gv_map_hash(path, len);
	const struct line *l = NULL;
	size_t i;

	for (i = f->stacks[side]->n; l == NULL && i-- > from;)
		l = gv_map_get_hashed(
		    &f->stacks[side]->layers[i]->lines, hash, path, len);
	return l;
}

/* What the effective manifest says of a path, or NULL. */
static const struct line *
line_of(const struct fit *f, int side, const char *path, size_t len)
{
	const struct line *l = find_line(f, side, 0, path, len);

	return l && l->type != GV_MANIFEST_GONE ? l : NULL;
}

static int
type_of(const struct line *l)
{
	return l ? (int)l->type : 0;
}

static bool
is_dir(const struct fit *f, const char *path, size_t len)
{
	return type_of(line_of(f, 1, path, len)) == GV_MANIFEST_DIR;
}

/* Whether every directory above is known to the new manifest, and every
 * component of the path is safe to create. The path lives as long as the
 * look. */
static bool
is_founded(struct fit *f, const char *path, size_t len)
{
	const char *slash = memrchr(path, '/', len);
	size_t from = 0, above = slash ? (size_t)(slash - path) : 0, i;

	/* mostly they come directory by directory */
	if (f->founded && f->founded_len == above &&
	    memcmp(f->founded, path, above) == 0)
		return gv_path_is_safe(path + above + (slash != NULL),
		    len - above - (slash != NULL));
	if (!is_dir(f, "", 0))
		return false;
	for (i = 0; i <= len; i++) {
		if (i < len && path[i] != '/')
			continue;
		if (!gv_path_is_safe(path + from, i - from) ||
		    (i < len && !is_dir(f, path, i)))
			return false;
		from = i + 1;
	}
	f->founded = path;
	f->founded_len = above;
	return true;
}

static enum kind
kind_of(const struct gv_tree_entry *e)
{
	if (e == NULL)
		return KIND_NONE;
	if (e->mode == GV_MODE_LINK)
		return KIND_LINK;
	return (e->mode & 0170000u) == 0100000u ? KIND_FILE : 0;
}

/* Whether the line is what the tree has there; one of a file that the tree has
 * a pointer of never is where it is new. */
static bool
is_line_of(const struct line *line, enum kind kind)
{
	int type = type_of(line);

	if (kind == KIND_FILE)
		return type == GV_MANIFEST_FILE && !line->is_pointer;
	if (kind == KIND_LINK)
		return type == GV_MANIFEST_LINK;
	return type == 0 || type == GV_MANIFEST_DIR ||
	    type == GV_MANIFEST_SKIPPED;
}

/* A path that differs between the trees. */
static int
on_change(void *ctx, const char *path, size_t len,
    const struct gv_tree_entry *a, const struct gv_tree_entry *b)
{
	struct fit *f = ctx;
	enum kind was = kind_of(a), is = kind_of(b);
	const struct line *old = line_of(f, 0, path, len);
	const char *copy = gv_arena_copy(&f->arena, path, len);
	uint64_t size = 0;
	int r = 0;

	if (copy == NULL)
		return GV_ENOMEM;
	if (was == 0 || is == 0 || !is_line_of(line_of(f, 1, path, len), is) ||
	    (is != KIND_NONE && !is_founded(f, copy, len)) ||
	    type_of(old) == GV_MANIFEST_SPARSE || (old && old->is_pointer)) {
		f->step->is_sure = false;
		return 0;
	}
	if (was != KIND_NONE) {
		r = gv_verify_size(&size, f->run, &a->oid);
		f->step->files--;
		f->step->bytes -= size;
	}
	if (r == 0 && is != KIND_NONE) {
		r = gv_verify_size(&size, f->run, &b->oid);
		f->step->files++;
		f->step->bytes += size;
	}
	return r < 0
	    ? r
	    : gv_map_put(&f->changed, copy, len, (void *)(uintptr_t)is);
}

/* A path that a layer of one side alone speaks of. */
static void
check_line(struct fit *f, const char *path, size_t len)
{
	const struct line *old = line_of(f, 0, path, len);
	const struct line *new = line_of(f, 1, path, len);
	int was = type_of(old), is = type_of(new);

	if (was == is &&
	    (old == NULL ||
		(old->chunked == new->chunked &&
		    old->is_pointer == new->is_pointer)))
		return;
	if (was == GV_MANIFEST_DIR) {
		if (f->n_gone == MANY_GONE)
			f->step->is_sure = false;
		else
			f->gone[f->n_gone++] = path;
	}
	/* the trees' difference has been looked at with its line */
	if (gv_map_get(&f->changed, path, len))
		return;
	if (is == GV_MANIFEST_DIR && was == 0 && is_founded(f, path, len))
		return;
	if ((is == 0 || is == GV_MANIFEST_SKIPPED) &&
	    (was == 0 || was == GV_MANIFEST_SKIPPED || was == GV_MANIFEST_DIR))
		return;
	f->step->is_sure = false;
}

/* The line of a slot, each path once: by its newest line of the new side, or
 * of the old one where that has none. */
static void
check_slot(struct fit *f, int side, const struct gv_map_slot *slot)
{
	const char *path = slot->key;

	if (side == 0 && find_line(f, 1, f->common, path, slot->len))
		return;
	if (find_line(f, side, f->common, path, slot->len) == slot->value)
		check_line(f, path, slot->len);
}

static void
check_lines(struct fit *f)
{
	const struct gv_map *lines;
	size_t i, j;
	int side;

	for (side = 0; side < 2; side++)
		for (i = f->common; i < f->stacks[side]->n; i++) {
			lines = &f->stacks[side]->layers[i]->lines;
			for (j = 0; f->step->is_sure && j < lines->cap; j++)
				if (lines->slots[j].value)
					check_slot(f, side, &lines->slots[j]);
		}
}

/* Whether the path is that of a directory below one that is gone. */
static bool
is_below_gone(const struct fit *f, const char *path, size_t len)
{
	size_t i, n;

	for (i = 0; i < f->n_gone; i++) {
		n = strlen(f->gone[i]);
		if (n < len && path[n] == '/' &&
		    memcmp(path, f->gone[i], n) == 0 && is_dir(f, path, len))
			return true;
	}
	return false;
}

/* A directory that the manifest no longer knows: the tree must not know it
 * either, and no directory that the manifest knows may lie below. */
static int
check_gone(struct fit *f, const struct gv_oid *tree)
{
	struct gv_oid oid;
	unsigned mode;
	size_t i, j;
	int r;

	for (i = 0; i < f->n_gone; i++) {
		r = gv_tree_find(f->run->odb, tree, f->gone[i], &mode, &oid);
		if (r == 0)
			f->step->is_sure = false;
		else if (r != GV_ENOTFOUND)
			return r;
	}

	for (i = 0; f->n_gone && i < f->stacks[1]->n; i++) {
		const struct gv_map *lines = &f->stacks[1]->layers[i]->lines;

		for (j = 0; f->step->is_sure && j < lines->cap; j++)
			if (lines->slots[j].value &&
			    is_below_gone(
				f, lines->slots[j].key, lines->slots[j].len))
				f->step->is_sure = false;
	}
	return 0;
}

/* List the layers of a snapshot, all still to be read. */
static int
read_stack(struct stack *out, struct gv_verify_run *run,
    const struct gv_verify_snapshot *s)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	struct gv_oid manifest = { { 0 } };
	int r = gv_odb_read_type(run->odb, &obj, &s->rec.meta, GV_OTYPE_TREE);

	memset(out, 0, sizeof(*out));
	gv_tree_iter_init(&it, obj.data, obj.len);
	while (r >= 0 && (r = gv_tree_next(&it, &e)) > 0)
		if (strcmp(e.name, "manifest") == 0)
			manifest = e.oid;
		else if (strcmp(e.name, "chunks") == 0)
			out->chunks = e.oid;
	gv_object_release(&obj);
	return r < 0
	    ? r
	    : gv_manifest_layers(out->list, &out->n, run->odb, &manifest);
}

/* The layers of both, those that both have first. */
static int
open_layers(struct fit *f)
{
	struct stack *a = f->stacks[0], *b = f->stacks[1], *stack;
	size_t i;
	int side, r = 0;

	while (f->common < a->n && f->common < b->n &&
	    gv_oid_equal(&a->list[f->common].oid, &b->list[f->common].oid))
		f->common++;
	for (side = 0; side < 2; side++) {
		stack = f->stacks[side];
		for (i = 0; r == 0 && i < stack->n; i++)
			if (stack->layers[i] == NULL)
				r = get_layer(
				    &stack->layers[i], f, &stack->list[i].oid);
	}
	return r;
}

static int
look(struct fit *f, const struct gv_oid *was, const struct gv_oid *is)
{
	bool *sure = &f->step->is_sure;
	int r = 0;

	/* whether a large file has its chunks the restore's eyes must see */
	*sure = gv_oid_equal(&f->stacks[0]->chunks, &f->stacks[1]->chunks);
	if (*sure)
		r = open_layers(f);
	if (r == 0 && *sure)
		r = gv_tree_diff(f->run->odb, was, is, on_change, f);
	if (r == 0 && *sure)
		check_lines(f);
	if (r == 0 && *sure)
		r = check_gone(f, is);
	if (r < 0)
		*sure = false;
	return r;
}

/* Code that looks closer reports damage. */
static int
pass(int r)
{
	return r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

/* Put a snapshot's layers into the worker. */
static int
take(struct worker *worker, struct gv_verify_run *run,
    const struct gv_verify_snapshot *s)
{
	struct stack stack;
	int r = read_stack(&stack, run, s);

	release_stack(&worker->stack, run->layers);
	worker->of = r == 0 ? s : NULL;
	if (r == 0)
		worker->stack = stack;
	return r;
}

/* Hold a snapshot against the one before it, and go on from it. */
static int
hold(struct gv_verify_run *run, struct worker *worker,
    struct gv_verify_snapshot *s)
{
	const struct gv_verify_snapshot *was = s - 1;
	struct fit f = { .run = run, .step = &s->step };
	struct stack stack;
	int r = worker->of == was ? 0 : take(worker, run, was);

	if (r == 0)
		r = read_stack(&stack, run, s);
	if (r < 0)
		return pass(r);
	f.stacks[0] = &worker->stack;
	f.stacks[1] = &stack;
	r = look(&f, &was->rec.tree, &s->rec.tree);
	release_stack(&worker->stack, run->layers);
	worker->stack = stack;
	worker->of = s;
	gv_map_release(&f.changed);
	gv_arena_release(&f.arena);
	return pass(r);
}

static bool
is_neighbour(const struct gv_verify_snapshot *s)
{
	return s[0].known && s[-1].known && !s[0].state && !s[-1].state;
}

/* Snapshots that threads share out in runs of `n`. */
struct share {
	struct gv_verify_run *run;
	size_t to, n;
	atomic_size_t next;
};

static int
hold_some(void *ctx, int worker)
{
	struct share *share = ctx;
	struct gv_verify_snapshot *s = share->run->snapshots;
	size_t i, from;
	int r = 0;

	while (r == 0 &&
	    (from = atomic_fetch_add(&share->next, share->n)) < share->to)
		for (i = from; r == 0 && i < share->to && i < from + share->n;
		     i++) {
			if (gv_cancel_requested())
				r = gv_cancel_error();
			else if (i && is_neighbour(&s[i]))
				r = hold(share->run,
				    &share->run->layers->workers[worker],
				    &s[i]);
		}
	return r;
}

static struct gv_verify_layers *
new_layers(size_t threads)
{
	struct gv_verify_layers *all = calloc(1, sizeof(*all));

	if (all)
		all->workers = calloc(threads, sizeof(*all->workers));
	if (all == NULL || all->workers == NULL) {
		free(all);
		gv_err_nomem();
		return NULL;
	}
	all->n = threads;
	pthread_mutex_init(&all->lock, NULL);
	return all;
}

int
gv_verify_fit(struct gv_verify_run *run, size_t from, size_t to)
{
	int threads = gv_verify_threads(run, (to - from) * EFFORT);
	struct share share = { .run = run, .to = to, .next = from };

	if (run->layers == NULL)
		run->layers =
		    new_layers((size_t)gv_verify_threads(run, SIZE_MAX));
	if (run->layers == NULL)
		return GV_ENOMEM;
	share.n = (to - from) / (4 * (size_t)threads) + 1;
	return gv_workers_run(threads, hold_some, &share);
}
