#include "object/odb_own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "object/midx.h"
#include "object/odb_internal.h"
#include "sys/cancel.h"
#include "sys/file.h"

#define OFS_DELTA 6

bool
gv_odb_own_is_commit(const char *commit)
{
	static const char trailer[] = "\nVault-Format: ";
	const char *last = NULL, *p = commit;

	while ((p = strstr(p, "\n\n"))) {
		/* the end of the message may be an empty line */
		if (p[2] != '\0' && p[2] != '\n')
			last = p + 1;
		p++;
	}
	return last && strstr(last, trailer);
}

/* 1 where this row is a vault commit, 2 where it is something else that may be
 * in a vault pack, 0 where it is neither; negative: cannot be read. */
static int
look_at(struct gv_odb *odb, struct gv_odb_pack *pack, uint32_t row)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_entry_header(odb, &obj, pack, row);

	if (r < 0)
		return r;
	if (obj.type != GV_OTYPE_COMMIT)
		return obj.type == GV_OTYPE_TAG ? 0 : 2;
	memset(&obj, 0, sizeof(obj));
	if ((r = gv_odb_entry_read(odb, &obj, pack, row)) == 0)
		r = gv_odb_own_is_commit((const char *)obj.data);
	gv_object_release(&obj);
	return r;
}

/* git writes commits first, we write ours last. */
static bool
looks_own(struct gv_odb *odb, struct gv_odb_pack *pack)
{
	uint64_t low = UINT64_MAX, high = 0, at;
	uint32_t row, first = 0, last = 0;

	if (pack->n == 0)
		return false;
	for (row = 0; row < pack->n; row++) {
		at = gv_odb_pack_offset(pack, row);
		if (at < low) {
			low = at;
			first = row;
		}
		if (at >= high) {
			high = at;
			last = row;
		}
	}
	return look_at(odb, pack, first) == 1 || look_at(odb, pack, last) == 1;
}

static int
stat_file(const struct gv_odb_pack *pack, const char *ext, struct stat *st)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s.%s", pack->stem, ext);
	errno = ENOMEM;
	r = gv_buf_check(&path) < 0 ? -1 : stat(path.p, st);
	gv_buf_release(&path);
	return r;
}

/* What cannot be told is taken for a file that forbids. */
static bool
has_file(const struct gv_odb_pack *pack, const char *ext)
{
	struct stat st;

	return stat_file(pack, ext, &st) == 0 || errno != ENOENT;
}

const char *
gv_odb_own_name(const struct gv_odb *odb, const struct gv_odb_pack *pack)
{
	size_t n = strlen(odb->objects_dir);
	const char *p = pack->stem + n;
	struct gv_oid id;

	if (strncmp(pack->stem, odb->objects_dir, n) != 0 ||
	    strncmp(p, "/pack/pack-", 11) != 0)
		return NULL;
	p += 11;
	return strlen(p) == GV_OID_HEX && gv_oid_parse(&id, p) == 0 ? p : NULL;
}

static int
add_pack(struct gv_odb_own *own, struct gv_odb_pack *pack, const char *name,
    const struct stat *st)
{
	struct gv_odb_own_pack *p;
	int r = GV_GROW(own->packs, own->n, own->cap);

	if (r < 0)
		return r;
	p = &own->packs[own->n++];
	memset(p, 0, sizeof(*p));
	p->pack = pack;
	memcpy(p->name, name, GV_OID_HEX + 1);
	p->bytes = (uint64_t)st->st_size + pack->map_len;
	p->mtime = st->st_mtim.tv_sec;
	p->mtime_nsec = st->st_mtim.tv_nsec;
	p->objects = pack->n;
	p->is_cruft = pack->is_cruft;
	return 0;
}

static int
by_size(const void *a, const void *b)
{
	const struct gv_odb_own_pack *x = a, *y = b;

	return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

int
gv_odb_own_list(struct gv_odb_own *out, struct gv_odb *odb, bool cruft)
{
	struct gv_odb_view *view = gv_odb_view(odb);
	struct gv_midx midx;
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	if (view == NULL)
		return GV_ENOMEM;
	r = gv_midx_load(&midx, odb->objects_dir);
	for (i = 0; r == 0 && i < view->n_packs; i++) {
		struct gv_odb_pack *pack = view->packs[i];
		const char *name = gv_odb_own_name(odb, pack);
		struct stat st;

		if (name == NULL || (pack->is_cruft && !cruft) ||
		    !looks_own(odb, pack) || stat_file(pack, "pack", &st) < 0)
			continue;
		if (gv_midx_names(&midx, name) || has_file(pack, "keep") ||
		    has_file(pack, "promisor") || has_file(pack, "bitmap"))
			out->held++;
		else
			r = add_pack(out, pack, name, &st);
	}
	if (r == 0 && out->n)
		qsort(out->packs, out->n, sizeof(*out->packs), by_size);
	gv_midx_release(&midx);
	return r;
}

/* One entry of a pack, in the order of the file. */
struct place {
	uint64_t at;
	uint32_t row;
	unsigned char type;
};

static int
by_offset(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* A delta is of its base's type. git writes a base before what builds on it;
 * where another program did not, the chain is followed. */
static int
type_of(struct gv_odb_job *job, const struct place *places, size_t n,
    const struct gv_odb_entry *e)
{
	struct place key = { .at = e->base };
	const struct place *base =
	    bsearch(&key, places, n, sizeof(*places), by_offset);
	struct gv_object obj = { 0 };
	int r;

	if (base && base->type)
		return base->type;
	if (base == NULL)
		return gv_odb_job_damaged(
		    job, e->at, "its delta's base is no object of the pack");
	r = gv_odb_entry_header(job->odb, &obj, job->pack, base->row);
	return r < 0 ? r : (int)obj.type;
}

/* Fill the types in, from front to end, until something is not ours: 1 where
 * all is, 0 where not, or a failure. */
static int
read_types(struct gv_odb_job *job, struct place *places, size_t n)
{
	struct gv_odb_entry e;
	bool any = false;
	size_t i;
	int r = 0;

	for (i = 0; r >= 0 && i < n; i++) {
		if (gv_cancel_requested())
			return gv_cancel_error();
		if ((r = gv_odb_job_head(job, places[i].at, &e)) == 0)
			r = e.type < OFS_DELTA ? (int)e.type
					       : type_of(job, places, n, &e);
		if (r < 0)
			break;
		places[i].type = (unsigned char)r;
		if (r == GV_OTYPE_TREE || r == GV_OTYPE_BLOB)
			continue;
		if ((r = look_at(job->odb, job->pack, places[i].row)) == 0)
			return 0;
		any = true;
	}
	return r < 0 ? r : any;
}

/* The rows of .mtimes: sizes were checked by its reader git; here by length. */
static int
read_mtimes(struct gv_buf *out, const struct gv_odb_pack *pack)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s.mtimes", pack->stem);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_read(out, AT_FDCWD, path.p,
		    12 + 4 * (size_t)pack->n + 2 * GV_OID_RAW);
	if (r == 0 &&
	    (out->len != 12 + 4 * (size_t)pack->n + 2 * GV_OID_RAW ||
		memcmp(out->p, "MTME\0\0\0\1", 8) != 0))
		r = gv_err(GV_ECORRUPT, "%s is damaged", path.p);
	gv_buf_release(&path);
	return r;
}

static int
add_objects(struct gv_odb_own *own, const struct gv_odb_own_pack *p,
    const struct place *places)
{
	struct gv_buf mtimes = GV_BUF_INIT;
	uint32_t i;
	int r = gv_vec_grow((void **)&own->objects, &own->cap_objects,
	    own->n_objects + p->objects, sizeof(*own->objects));

	if (r == 0 && p->is_cruft)
		r = read_mtimes(&mtimes, p->pack);
	for (i = 0; r == 0 && i < p->objects; i++) {
		struct gv_odb_own_object *o = &own->objects[own->n_objects++];
		uint32_t row = places[i].row;

		memset(o, 0, sizeof(*o));
		gv_odb_pack_id(p->pack, row, &o->oid);
		o->type = places[i].type;
		o->is_cruft = p->is_cruft;
		o->mtime = p->is_cruft
		    ? (int64_t)gv_enc_number(
			  (unsigned char *)mtimes.p + 12 + 4 * (size_t)row, 4)
		    : p->mtime;
	}
	gv_buf_release(&mtimes);
	return r;
}

/* 1 where the pack is ours and its objects are added, 0 where it is not. */
static int
check_pack(
    struct gv_odb_own *own, struct gv_odb *odb, struct gv_odb_own_pack *p)
{
	struct gv_odb_job job = { 0 };
	struct place *places = calloc(p->objects, sizeof(*places));
	uint32_t i;
	int r;

	if (places == NULL)
		return gv_err_nomem();
	for (i = 0; i < p->objects; i++) {
		places[i].at = gv_odb_pack_offset(p->pack, i);
		places[i].row = i;
	}
	qsort(places, p->objects, sizeof(*places), by_offset);
	if ((r = gv_odb_job_begin(&job, odb, p->pack, places[0].row)) == 0)
		r = read_types(&job, places, p->objects);
	gv_odb_job_end(&job);
	if (r > 0 && add_objects(own, p, places) < 0)
		r = GV_ERROR;
	free(places);
	return r;
}

/* By id, the youngest first. */
static int
by_id(const void *a, const void *b)
{
	const struct gv_odb_own_object *x = a, *y = b;
	int c = memcmp(x->oid.id, y->oid.id, GV_OID_RAW);

	return c ? c : (x->mtime < y->mtime) - (x->mtime > y->mtime);
}

static void
sort_objects(struct gv_odb_own *own)
{
	size_t i, n = 0;

	if (own->n_objects)
		qsort(
		    own->objects, own->n_objects, sizeof(*own->objects), by_id);
	for (i = 0; i < own->n_objects; i++) {
		const struct gv_odb_own_object *o = &own->objects[i];

		if (n && gv_oid_equal(&own->objects[n - 1].oid, &o->oid))
			own->objects[n - 1].is_cruft &= o->is_cruft;
		else
			own->objects[n++] = *o;
	}
	own->n_objects = n;
}

int
gv_odb_own_check(struct gv_odb_own *own, struct gv_odb *odb)
{
	size_t i, n = 0;
	int r = 0;

	for (i = 0; r >= 0 && i < own->n; i++) {
		r = check_pack(own, odb, &own->packs[i]);
		if (r > 0)
			own->packs[n++] = own->packs[i];
	}
	if (r < 0)
		return r;
	own->n = n;
	sort_objects(own);
	return 0;
}

struct gv_odb_own_object *
gv_odb_own_find(const struct gv_odb_own *own, const struct gv_oid *id)
{
	size_t lo = 0, hi = own->n_objects;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = memcmp(own->objects[mid].oid.id, id->id, GV_OID_RAW);

		if (c == 0)
			return &own->objects[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

int
gv_odb_own_compare(
    const struct gv_odb_own *own, enum gv_odb_own_fate fate, const char *stem)
{
	char hex[GV_OID_HEX + 1];
	struct gv_odb_pack *pack;
	uint32_t row;
	size_t i;
	int r = gv_odb_pack_open(&pack, stem);

	if (r < 0)
		return r;
	for (i = 0; r == 0 && i < own->n_objects; i++) {
		const struct gv_odb_own_object *o = &own->objects[i];

		if (o->fate != fate || gv_odb_pack_find(pack, &o->oid, &row))
			continue;
		gv_oid_format(hex, &o->oid);
		r = gv_err(GV_ECORRUPT,
		    "object %s is not in the new pack %s, so the old packs "
		    "stay",
		    hex, stem);
	}
	gv_odb_pack_free(pack);
	return r;
}

bool
gv_odb_own_is_same(const struct gv_odb_own *own)
{
	struct stat st;
	size_t i;

	for (i = 0; i < own->n; i++)
		if (stat_file(own->packs[i].pack, "pack", &st) < 0 ||
		    st.st_mtim.tv_sec != own->packs[i].mtime ||
		    st.st_mtim.tv_nsec != own->packs[i].mtime_nsec)
			return false;
	return true;
}

void
gv_odb_own_release(struct gv_odb_own *own)
{
	if (own == NULL)
		return;
	free(own->packs);
	free(own->objects);
	memset(own, 0, sizeof(*own));
}
