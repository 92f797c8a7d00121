#include "object/odb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "object/odb_internal.h"
#include "object/odb_skim.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "sys/proc.h"

#define CHUNK (128 * 1024)

int
gv_odb_open(struct gv_odb **out, const struct gv_repo *repo)
{
	struct gv_odb *odb = calloc(1, sizeof(*odb));

	if (odb == NULL)
		return gv_err_nomem();
	odb->partial = repo->partial;
	odb->objects_dir = strdup(repo->objects_dir);
	if (odb->objects_dir == NULL || gv_odb_cache_init(&odb->cache) < 0) {
		free(odb->objects_dir);
		free(odb);
		return gv_err_nomem();
	}
	odb->most_open = gv_odb_job_most();
	pthread_mutex_init(&odb->lock, NULL);
	*out = odb;
	return 0;
}

void
gv_odb_set_alone(struct gv_odb *odb)
{
	odb->alone = true;
}

void
gv_odb_set_lenient(struct gv_odb *odb)
{
	odb->lenient = true;
}

int
gv_odb_set_strict(struct gv_odb *odb)
{
	int r = gv_hash_can_detect();

	odb->strict = r == 0;
	return r;
}

void
gv_odb_set_once(struct gv_odb *odb)
{
	odb->once = true;
}

void
gv_odb_close(struct gv_odb *odb)
{
	if (odb == NULL)
		return;
	gv_odb_job_release(odb);
	gv_odb_cache_release(&odb->cache);
	gv_odb_view_release(odb);
	pthread_mutex_destroy(&odb->lock);
	free(odb->objects_dir);
	free(odb);
}

int
gv_odb_refresh(struct gv_odb *odb)
{
	return gv_odb_view_renew(odb, false, NULL);
}

bool
gv_odb_has(struct gv_odb *odb, const struct gv_oid *id)
{
	struct gv_odb_view *view = gv_odb_view(odb);
	struct gv_odb_cursor c = { 0, 0 };
	uint32_t row;
	size_t i;

	if (view == NULL)
		return false;
	if (gv_odb_pack_next(odb, view, id, &c, &row))
		return true;
	for (i = 0; i < view->n_dirs; i++)
		if (gv_odb_loose_find(
			gv_odb_loose_list(odb, &view->dirs[i], id), id) >= 0)
			return true;
	return false;
}

uint64_t
gv_odb_place(struct gv_odb *odb, const struct gv_oid *id)
{
	struct gv_odb_view *view = gv_odb_view(odb);
	struct gv_odb_cursor c = { 0, 0 };
	struct gv_odb_pack *pack;
	uint32_t row;
	uint64_t at;

	pack = view ? gv_odb_pack_next(odb, view, id, &c, &row) : NULL;
	if (pack == NULL)
		return UINT64_MAX;
	at = gv_odb_pack_offset(pack, row);
	/* in memory any order will do: with deltas first their bases, which
	 * mostly stand before them, are at hand when their turn comes */
	if (atomic_load_explicit(&pack->fd, memory_order_acquire) >= 0 &&
	    pack->bytes)
		at = pack->size - at;
	return (uint64_t)pack->number << 44 | at;
}

void
gv_object_release(struct gv_object *obj)
{
	if (obj == NULL)
		return;
	free(obj->owner);
	memset(obj, 0, sizeof(*obj));
}

static int
name_of(struct gv_oid *out, const struct gv_object *obj, bool strictly)
{
	if (strictly)
		return gv_oid_of(out, obj->type, obj->data, obj->len);
	gv_hash_object(out, obj->type, obj->data, obj->len);
	return 0;
}

static int
check_hash(const struct gv_object *obj, const struct gv_oid *id, bool strictly)
{
	char hex[GV_OID_HEX + 1], other[GV_OID_HEX + 1];
	struct gv_oid real;

	gv_oid_format(hex, id);
	if (name_of(&real, obj, strictly) < 0)
		return gv_err_in(GV_ECORRUPT, "object %s", hex);
	if (gv_oid_equal(&real, id))
		return 0;
	gv_oid_format(other, &real);
	return gv_err(GV_ECORRUPT,
	    "object %s is damaged: its bytes belong to %s", hex, other);
}

/* What is done with an object wherever it is found; the first place that
 * holds it undamaged will do. */
struct visit {
	struct gv_object *out;
	int (*in_pack)(struct gv_odb *odb, struct gv_object *out,
	    struct gv_odb_pack *pack, uint32_t row);
	int (*in_dir)(struct gv_object *out, const struct gv_odb_dir *dir,
	    const struct gv_oid *id);
	bool is_whole; /* so that the hash can be checked */
};

static int
conclude(const struct gv_odb *odb, const struct visit *v,
    const struct gv_oid *id, int r)
{
	if (r == 0 && v->is_whole)
		r = check_hash(v->out, id, odb->strict);
	if (r < 0)
		gv_object_release(v->out);
	return r;
}

/* The same of an object in a pack, which may be known to be whole. */
static int
conclude_row(struct gv_odb *odb, struct gv_odb_pack *pack, uint32_t row,
    const struct gv_oid *id, const struct visit *v)
{
	int r = v->in_pack(odb, v->out, pack, row);

	if (r == 0 && odb->once && gv_odb_pack_is_marked(&pack->checked, row))
		return 0;
	if ((r = conclude(odb, v, id, r)) == 0 && odb->once && v->is_whole)
		gv_odb_pack_mark(odb, pack, &pack->checked, row);
	return r;
}

static int
visit_view(struct gv_odb *odb, const struct gv_odb_view *view,
    const struct gv_oid *id, const struct visit *v)
{
	struct gv_odb_cursor c = { 0, 0 };
	struct gv_odb_pack *pack;
	int r = GV_ENOTFOUND, s;
	uint32_t row;
	size_t i;

	while ((pack = gv_odb_pack_next(odb, view, id, &c, &row))) {
		r = conclude_row(odb, pack, row, id, v);
		if (r != GV_ECORRUPT)
			return r;
	}
	for (i = 0; i < view->n_dirs; i++) {
		s = conclude(odb, v, id, v->in_dir(v->out, &view->dirs[i], id));
		if (s >= 0 || s == GV_ENOMEM)
			return s;
		if (s != GV_ENOTFOUND)
			r = s;
	}
	return r;
}

static int
not_found(const struct gv_odb_view *view, const struct gv_oid *id)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, id);
	if (view->damage)
		return gv_err(
		    GV_ECORRUPT, "object %s is missing; %s", hex, view->damage);
	return gv_err(GV_ENOTFOUND, "object %s is not in this repository", hex);
}

/* Look again, keeping this thread's message. */
static int
renew(struct gv_odb *odb, bool *changed)
{
	char *message = gv_err_save();
	int r = gv_odb_view_renew(odb, true, changed);

	if (r == 0)
		gv_err_restore(message);
	else
		free(message);
	return r;
}

/* Any view may be out of date: packs come and go while git gc runs. So what
 * is missing, or damaged as far as we see, is sought once more. */
static int
visit(struct gv_odb *odb, const struct gv_oid *id, const struct visit *v)
{
	struct gv_odb_view *view = gv_odb_view(odb), *was = view;
	bool changed = false;
	int r = view ? visit_view(odb, view, id, v) : GV_ENOMEM, s;

	if (r != GV_ENOTFOUND && r != GV_ECORRUPT)
		return r;
	s = renew(odb, &changed);
	if (s < 0)
		return s;
	view = gv_odb_view(odb);
	/* or another thread has renewed it since we looked */
	if (changed || view != was)
		r = visit_view(odb, view, id, v);
	return r == GV_ENOTFOUND ? not_found(view, id) : r;
}

/* The first line of what git said, without "fatal: ". */
static const char *
first_line(struct gv_buf *err)
{
	if (err->len == 0)
		return "git does not say why";
	err->p[strcspn(err->p, "\n")] = '\0';
	return strncmp(err->p, "fatal: ", 7) == 0 ? err->p + 7 : err->p;
}

/* "<id> <type> <size>" LF, the bytes, LF. */
static int
parse_batch(struct gv_object *out, const struct gv_buf *text)
{
	const char *nl = memchr(text->p, '\n', text->len);
	char type[16];
	size_t size, head;

	if (nl == NULL || sscanf(text->p, "%*40s %15s %zu", type, &size) != 2)
		return GV_ENOTFOUND;
	head = (size_t)(nl + 1 - text->p);
	out->type = gv_oid_type_parse(type, strlen(type));
	if (out->type == 0 || text->len - head < size)
		return GV_ENOTFOUND;
	out->owner = malloc(size + 1);
	if (out->owner == NULL)
		return gv_err_nomem();
	memcpy(out->owner, text->p + head, size);
	((char *)out->owner)[size] = '\0';
	out->data = out->owner;
	out->len = size;
	return 0;
}

/* git fetches what a partial clone lacks from where it promised to. */
static int
read_promised(
    struct gv_odb *odb, struct gv_object *out, const struct gv_oid *id)
{
	const char *argv[] = { "git", "cat-file", "--batch", NULL };
	struct gv_proc p = GV_PROC_INIT;
	char line[GV_OID_HEX + 2];
	int r;

	gv_oid_format(line, id);
	line[GV_OID_HEX] = '\n';
	r = gv_proc_run(&p,
	    &(struct gv_proc_opts){
		.argv = argv, .in = line, .in_len = GV_OID_HEX + 1 });
	if (r < 0)
		goto out;
	r = parse_batch(out, &p.out);
	line[GV_OID_HEX] = '\0';
	if (r == GV_ENOTFOUND)
		gv_err(r,
		    "object %s is missing from this partial clone and cannot "
		    "be fetched: %s",
		    line, first_line(&p.err));
	if (r == 0)
		r = check_hash(out, id, false);
	if (r < 0)
		gv_object_release(out);
	else
		r = gv_odb_view_renew(odb, true, NULL);
out:
	gv_proc_release(&p);
	return r;
}

/* The empty tree is in every repository, even where no file holds it. */
static bool
is_built_in(const struct gv_oid *id, struct gv_object *out)
{
	if (!gv_oid_equal(id, &gv_oid_empty_tree))
		return false;
	memset(out, 0, sizeof(*out));
	out->type = GV_OTYPE_TREE;
	out->data = (const unsigned char *)"";
	return true;
}

/* Let go of it where it is not of this type. */
static int
check_type(struct gv_object *obj, const struct gv_oid *id, enum gv_otype type)
{
	char hex[GV_OID_HEX + 1];
	int r;

	if (obj->type == type)
		return 0;
	gv_oid_format(hex, id);
	r = gv_err(GV_ECORRUPT, "object %s is a %s where a %s must be", hex,
	    gv_oid_type_name(obj->type), gv_oid_type_name(type));
	gv_object_release(obj);
	return r;
}

static int
read_object(struct gv_odb *odb, struct gv_object *out, const struct gv_oid *id,
    bool is_checked)
{
	struct gv_object obj = { 0 };
	struct visit v = {
		.out = &obj,
		.in_pack = gv_odb_entry_read,
		.in_dir = gv_odb_loose_read,
		.is_whole = is_checked,
	};
	int r;

	if (is_built_in(id, out))
		return 0;
	r = visit(odb, id, &v);
	if (r == GV_ENOTFOUND && odb->partial)
		r = read_promised(odb, &obj, id);
	if (r < 0)
		return r; /* NOLINT(clang-analyzer-unix.Malloc): it was freed */
	*out = obj;
	return 0;
}

int
gv_odb_read(struct gv_odb *odb, struct gv_object *out, const struct gv_oid *id)
{
	return read_object(odb, out, id, true);
}

int
gv_odb_skim(struct gv_odb *odb, struct gv_object *out, const struct gv_oid *id)
{
	return read_object(odb, out, id, false);
}

bool
gv_odb_is_intact(const struct gv_odb *odb, const struct gv_object *obj,
    const struct gv_oid *id)
{
	struct gv_oid real;

	return name_of(&real, obj, odb->strict) == 0 && gv_oid_equal(&real, id);
}

int
gv_odb_read_type(struct gv_odb *odb, struct gv_object *out,
    const struct gv_oid *id, enum gv_otype type)
{
	struct gv_object obj;
	int r = gv_odb_read(odb, &obj, id);

	if (r == 0 && (r = check_type(&obj, id, type)) == 0)
		*out = obj;
	return r;
}

static int
loose_header(struct gv_object *out, const struct gv_odb_dir *dir,
    const struct gv_oid *id)
{
	struct gv_odb_flow flow;
	char head[64];
	size_t len;
	int fd, r = gv_odb_loose_open(&flow, out, dir, id, head, &len);

	if (r < 0)
		return r;
	fd = flow.fd;
	gv_odb_flow_close(&flow);
	close(fd);
	return 0;
}

/* Find an object's type and size, or with gv_odb_entry_size() the size. */
static int
find_header(struct gv_odb *odb, struct gv_object *obj, const struct gv_oid *id,
    int (*in_pack)(struct gv_odb *odb, struct gv_object *out,
	struct gv_odb_pack *pack, uint32_t row))
{
	struct visit v = {
		.out = obj,
		.in_pack = in_pack,
		.in_dir = loose_header,
	};
	int r = is_built_in(id, obj) ? 0 : visit(odb, id, &v);

	if (r == GV_ENOTFOUND && odb->partial)
		r = read_promised(odb, obj, id);
	return r;
}

int
gv_odb_read_header(struct gv_odb *odb, enum gv_otype *type, size_t *size,
    const struct gv_oid *id)
{
	struct gv_object obj = { 0 };
	int r = find_header(odb, &obj, id, gv_odb_entry_header);

	if (r < 0)
		return r; /* NOLINT(clang-analyzer-unix.Malloc): it was freed */
	*type = obj.type;
	*size = obj.len;
	gv_object_release(&obj);
	return 0;
}

int
gv_odb_read_size(struct gv_odb *odb, uint64_t *size, const struct gv_oid *id)
{
	struct gv_object obj = { 0 };
	int r = find_header(odb, &obj, id, gv_odb_entry_size);

	if (r < 0)
		return r; /* NOLINT(clang-analyzer-unix.Malloc): it was freed */
	*size = obj.len;
	gv_object_release(&obj);
	return 0;
}

/* A large object on its way to the caller. */
struct pour {
	struct gv_odb_flow flow;
	struct gv_object obj; /* type and size */
	char head[64];        /* what was read of it with a loose one's head */
	size_t head_len;
	struct gv_odb_job job; /* in a pack */
	bool is_loose;
};

/* Find a place where the object stands whole: 1 with the flow open, 0 if
 * there is none. */
static int
pour_open(struct pour *pour, struct gv_odb *odb, const struct gv_oid *id)
{
	struct gv_odb_view *view = gv_odb_view(odb);
	struct gv_odb_cursor c = { 0, 0 };
	struct gv_odb_pack *pack;
	uint32_t row;
	size_t i;

	if (view == NULL)
		return 0;
	while ((pack = gv_odb_pack_next(odb, view, id, &c, &row))) {
		if (gv_odb_entry_flow(&pour->job, odb, &pour->obj, &pour->flow,
			pack, row) > 0)
			return 1;
		gv_odb_job_end(&pour->job);
	}
	for (i = 0; i < view->n_dirs; i++)
		if (gv_odb_loose_open(&pour->flow, &pour->obj, &view->dirs[i],
			id, pour->head, &pour->head_len) == 0) {
			pour->is_loose = true;
			return 1;
		}
	return 0;
}

static void
pour_close(struct pour *pour)
{
	int fd = pour->flow.fd;

	gv_odb_flow_close(&pour->flow);
	if (pour->is_loose)
		close(fd);
	else
		gv_odb_job_end(&pour->job);
}

static int
damaged(const struct gv_oid *id, const char *why)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, id);
	return gv_err(GV_ECORRUPT, "object %s is damaged: %s", hex, why);
}

static int
pour_all(struct pour *pour, struct gv_hash *hash, unsigned char *chunk,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx)
{
	int64_t n = (int64_t)pour->head_len;
	uint64_t got = 0;
	int r = 0;

	memcpy(chunk, pour->head, pour->head_len);
	if (n == 0)
		n = gv_odb_flow_read(&pour->flow, chunk, CHUNK);
	for (; n > 0; n = gv_odb_flow_read(&pour->flow, chunk, CHUNK)) {
		got += (uint64_t)n;
		if (got > pour->obj.len) {
			pour->flow.why = "it is longer than its head says";
			return GV_ECORRUPT;
		}
		if ((r = gv_hash_update(hash, chunk, (size_t)n)) == 0)
			r = fn(ctx, chunk, (size_t)n);
		if (r < 0)
			return r;
	}
	return n < 0 ? GV_ECORRUPT : 0;
}

static int
pour_checked(struct pour *pour, const struct gv_oid *id, bool strictly,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx)
{
	struct gv_hash *hash = NULL;
	unsigned char *chunk = malloc(CHUNK);
	struct gv_oid real;
	int r = chunk ? 0 : gv_err_nomem();

	if (r == 0)
		r = strictly
		    ? gv_hash_open(&hash, pour->obj.type, pour->obj.len)
		    : gv_hash_open_plain(&hash, pour->obj.type, pour->obj.len);
	if (r == 0)
		r = pour_all(pour, hash, chunk, fn, ctx);
	if (r == GV_ECORRUPT && pour->flow.why)
		r = damaged(id, pour->flow.why);
	if (r < 0)
		goto out;
	if (gv_hash_finish(hash, &real) < 0 &&
	    (r = damaged(id, gv_err_message())) < 0)
		goto out;
	if (!gv_oid_equal(&real, id))
		r = damaged(id, "its bytes do not match its name");
out:
	gv_hash_close(hash);
	free(chunk);
	return r;
}

/* 1 where it is too large to be read at once. */
static int
loose_small(struct gv_object *out, const struct gv_odb_dir *dir,
    const struct gv_oid *id)
{
	int r = loose_header(out, dir, id);

	if (r < 0 || out->len > GV_ODB_WHOLE_MAX)
		return r < 0 ? r : 1;
	return gv_odb_loose_read(out, dir, id);
}

int
gv_odb_stream(struct gv_odb *odb, const struct gv_oid *id,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx)
{
	struct pour pour = { .head_len = 0 };
	struct gv_object obj = { 0 };
	struct visit v = {
		.out = &obj,
		.in_pack = gv_odb_entry_read_small,
		.in_dir = loose_small,
		.is_whole = true,
	};
	int r = is_built_in(id, &obj) ? 0 : visit(odb, id, &v);

	if (r > 0 && pour_open(&pour, odb, id) > 0) {
		r = pour.obj.type == GV_OTYPE_BLOB
		    ? pour_checked(&pour, id, odb->strict, fn, ctx)
		    : check_type(&pour.obj, id, GV_OTYPE_BLOB);
		pour_close(&pour);
		return r;
	}
	/* what is not here may be fetched, or has gone meanwhile */
	if (r > 0 || (r == GV_ENOTFOUND && odb->partial))
		r = gv_odb_read(odb, &obj, id);
	if (r == 0 && (r = check_type(&obj, id, GV_OTYPE_BLOB)) == 0)
		r = fn(ctx, obj.data, obj.len);
	gv_object_release(&obj);
	return r < 0 ? r : 0;
}
