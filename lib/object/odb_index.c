#include "object/odb_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "sys/file.h"

/* The layout of version 2 is drawn in pack_index.c, where it is written.
 * Version 1 has no magic, and rows of 4 bytes of offset before each id. */
#define FANOUT  256
#define TRAILER 40

/* A shorter index is read: to map it takes two more calls and a page fault. */
#define SHORT 16384

static uint32_t
get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

/* Find the tables; NULL, or what is wrong. */
static const char *
lay_out(struct gv_odb_pack *p)
{
	static const unsigned char magic[4] = { 0xff, 't', 'O', 'c' };
	bool is_v1 = p->map_len < 8 || memcmp(p->map, magic, 4) != 0;
	size_t head = is_v1 ? 0 : 8, step = is_v1 ? 24 : 28, rest;
	uint32_t before = 0, i;

	p->version = is_v1 ? 1 : get32(p->map + 4);
	if (p->version > 2)
		return "its version is not known";
	if (p->map_len < head + 4 * FANOUT + TRAILER)
		return "it is too short";
	p->fanout = p->map + head;
	for (i = 0; i < FANOUT; i++) {
		uint32_t n = get32(p->fanout + 4 * (size_t)i);

		if (n < before)
			return "its table of contents is not in order";
		before = n;
	}
	p->n = before;
	rest = p->map_len - head - 4 * FANOUT - TRAILER;
	if (rest / step < p->n || (is_v1 && rest != step * (size_t)p->n))
		return "its length does not fit its table of contents";
	p->ids = p->fanout + 4 * FANOUT + (is_v1 ? 4 : 0);
	p->id_step = is_v1 ? 24 : GV_OID_RAW;
	p->offsets = is_v1 ? p->ids - 4 : p->ids + 24 * (size_t)p->n;
	p->large = p->fanout + 4 * FANOUT + step * (size_t)p->n;
	p->n_large = (uint32_t)((rest - step * (size_t)p->n) / 8);
	p->trailer = p->map + p->map_len - TRAILER;
	return NULL;
}

/* All of it, in memory; a file that became shorter is as long as it is. */
static int
read_short(struct gv_odb_pack *p, int fd, size_t size)
{
	void *bytes = malloc(size);
	ssize_t n = bytes ? gv_file_read_full(fd, bytes, size) : 0;

	if (bytes == NULL)
		return gv_err_nomem();
	if (n < 0) {
		free(bytes);
		return GV_ERROR;
	}
	p->map = bytes;
	p->map_len = (size_t)n;
	p->is_read = true;
	return 0;
}

static int
take_in(struct gv_odb_pack *p, int fd, size_t size)
{
	void *map;

	if (size == 0)
		return 0;
	if (size <= SHORT)
		return read_short(p, fd, size);
	map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return GV_ERROR;
	p->map = map;
	p->map_len = size;
	return 0;
}

static int
open_index(struct gv_odb_pack *p, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = GV_ERROR;
	const char *why;
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0)
		r = take_in(p, fd, (size_t)st.st_size);
	if (r == GV_ERROR)
		r = gv_err_sys(
		    "cannot %s pack index %s", fd < 0 ? "open" : "read", path);
	gv_file_close(fd);
	if (r < 0)
		return r;
	why = p->map ? lay_out(p) : "it is empty";
	if (why)
		return gv_err(
		    GV_ECORRUPT, "pack index %s is damaged: %s", path, why);
	return 0;
}

int
gv_odb_pack_open(struct gv_odb_pack **out, const char *stem)
{
	struct gv_odb_pack *p = calloc(1, sizeof(*p));
	struct gv_buf path = GV_BUF_INIT;
	int r;

	if (p == NULL)
		return gv_err_nomem();
	atomic_init(&p->fd, -1);
	p->stem = strdup(stem);
	gv_buf_addf(&path, "%s.idx", stem);
	if ((r = p->stem ? gv_buf_check(&path) : gv_err_nomem()) == 0)
		r = open_index(p, path.p);
	if (r < 0)
		gv_odb_pack_free(p);
	else
		*out = p;
	gv_buf_release(&path);
	return r;
}

void
gv_odb_pack_free(struct gv_odb_pack *pack)
{
	if (pack == NULL)
		return;
	if (pack->is_read)
		free((void *)pack->map);
	else if (pack->map)
		munmap((void *)pack->map, pack->map_len);
	if (pack->fd >= 0)
		close(pack->fd);
	free(pack->bytes);
	free(pack->relied);
	free(pack->checked);
	free(pack->stem);
	free(pack);
}

bool
gv_odb_pack_find(
    const struct gv_odb_pack *pack, const struct gv_oid *id, uint32_t *row)
{
	unsigned b = id->id[0];
	uint32_t lo = b ? get32(pack->fanout + 4 * (size_t)(b - 1)) : 0;
	uint32_t hi = get32(pack->fanout + 4 * (size_t)b);
	uint32_t mid;
	uint64_t step = 4;
	int c;

	/* ids are spread evenly, so it stands near where it should: few rows,
	 * side by side, are looked at, where halving would take them from all
	 * over an index that is in no processor's cache */
	mid = lo + (uint32_t)((uint64_t)get32(id->id + 1) * (hi - lo) >> 32);
	for (; lo < hi; step *= 4) {
		c = memcmp(pack->ids + mid * pack->id_step, id->id, GV_OID_RAW);
		if (c == 0) {
			*row = mid;
			return true;
		}
		if (c < 0) {
			lo = mid + 1;
			mid = hi - lo > step ? lo + step : lo + (hi - lo) / 2;
		} else {
			hi = mid;
			mid = hi - lo > step ? hi - step : lo + (hi - lo) / 2;
		}
	}
	return false;
}

void
gv_odb_pack_id(const struct gv_odb_pack *pack, uint32_t row, struct gv_oid *out)
{
	memcpy(out->id, pack->ids + row * pack->id_step, GV_OID_RAW);
}

uint64_t
gv_odb_pack_offset(const struct gv_odb_pack *pack, uint32_t row)
{
	const unsigned char *p;
	uint32_t n;

	if (pack->version == 1)
		return get32(pack->offsets + 24 * (size_t)row);
	n = get32(pack->offsets + 4 * (size_t)row);
	if (!(n & UINT32_C(0x80000000)))
		return n;
	n &= UINT32_C(0x7fffffff);
	if (n >= pack->n_large)
		return 0;
	p = pack->large + 8 * (size_t)n;
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

bool
gv_odb_pack_mark(struct gv_odb *odb, const struct gv_odb_pack *pack,
    _Atomic(atomic_uchar *) *set, uint32_t row)
{
	atomic_uchar *bits = atomic_load_explicit(set, memory_order_acquire);

	if (bits == NULL) {
		pthread_mutex_lock(&odb->lock);
		bits = *set;
		if (bits == NULL) {
			bits = calloc(pack->n / 8 + 1, 1);
			atomic_store_explicit(set, bits, memory_order_release);
		}
		pthread_mutex_unlock(&odb->lock);
	}
	if (bits == NULL)
		return false;
	atomic_fetch_or_explicit(&bits[row / 8],
	    (unsigned char)(1u << (row % 8)), memory_order_relaxed);
	return true;
}

bool
gv_odb_pack_is_marked(_Atomic(atomic_uchar *) *set, uint32_t row)
{
	atomic_uchar *bits = atomic_load_explicit(set, memory_order_acquire);

	return bits &&
	    (atomic_load_explicit(&bits[row / 8], memory_order_relaxed) >>
		    (row % 8) &
		1);
}

struct gv_odb_pack *
gv_odb_pack_next(struct gv_odb *odb, const struct gv_odb_view *view,
    const struct gv_oid *id, struct gv_odb_cursor *c, uint32_t *row)
{
	size_t n = view->n_packs, at;
	struct gv_odb_table *table =
	    atomic_load_explicit(&view->table, memory_order_acquire);

	if (c->i == 0 && table) {
		if (!gv_odb_table_find(table, view, id, &at, row))
			return NULL;
		c->first = at;
		c->i = 1;
		return view->packs[at];
	}
	if (c->i == 0)
		c->first =
		    atomic_load_explicit(&odb->hint, memory_order_relaxed);
	if (c->first >= n)
		c->first = 0;
	while (c->i < n) {
		/* the first turn is the hint's, whose own turn is 0's */
		at = c->i == 0 ? c->first : c->i == c->first ? 0 : c->i;
		c->i++;
		if (!gv_odb_pack_find(view->packs[at], id, row))
			continue;
		if (at != c->first)
			atomic_store_explicit(
			    &odb->hint, (unsigned)at, memory_order_relaxed);
		return view->packs[at];
	}
	return NULL;
}
