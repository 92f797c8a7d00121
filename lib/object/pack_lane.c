#include "object/pack_lane.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "compress/deflate.h"
#include "compress/quick.h"
#include "object/delta.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/pack_internal.h"
#include "sys/file.h"

#define OFS_DELTA  6
#define HEAD_MAX   10
#define DELTA_MIN  64 /* shorter objects are not worth the try */
#define TREE_SMALL 512
#define TEXT_SMALL 256 /* the description of codes would be most of it */

static int
need_deflate(struct gv_pack_lane *lane)
{
	if (lane->z == NULL)
		lane->z = gv_deflate_new(lane->pack->level);
	return lane->z ? 0 : GV_ENOMEM;
}

static void
lane_free(struct gv_pack_lane *lane)
{
	gv_deflate_free(lane->z);
	gv_quick_free(lane->quick);
	gv_delta_free(lane->delta);
	free(lane->buf);
	free(lane->entries);
	free(lane->base);
	free(lane->scratch);
	free(lane);
}

static int
lane_new(struct gv_pack_lane **out, struct gv_pack *pack)
{
	struct gv_pack_lane *lane = calloc(1, sizeof(*lane));

	if (lane == NULL)
		return gv_err_nomem();
	lane->pack = pack;
	lane->delta = gv_delta_new();
	lane->buf = malloc(GV_PACK_LANE_SIZE);
	if (lane->delta && lane->buf) {
		*out = lane;
		return 0;
	}
	lane_free(lane);
	return gv_err_nomem();
}

/* One that was closed has its pages and tables already, which take longer to
 * fill than to use: most packs are of few objects in several lanes. */
int
gv_pack_lane_open(struct gv_pack_lane **out, struct gv_pack *pack)
{
	struct gv_pack_lane *lane;
	int r = 0;

	pthread_mutex_lock(&pack->lock);
	pack->lanes++;
	if ((lane = pack->idle) != NULL)
		pack->idle = lane->next;
	pthread_mutex_unlock(&pack->lock);
	if (lane == NULL && (r = lane_new(&lane, pack)) < 0) {
		pthread_mutex_lock(&pack->lock);
		pack->lanes--;
		pthread_mutex_unlock(&pack->lock);
		return r;
	}
	*out = lane;
	return 0;
}

int
gv_pack_lane_flush(struct gv_pack_lane *lane)
{
	struct gv_pack *pack = lane->pack;
	uint64_t at = 0;
	int r = gv_pack_check(pack);

	lane->has_base = false;
	lane->wants_base |= lane->is_grouped;
	if (r < 0 || lane->used == 0)
		return r;
	pthread_mutex_lock(&pack->lock);
	if ((r = gv_pack_need_file(pack)) == 0) {
		at = pack->offset;
		pack->offset += lane->used;
	}
	pthread_mutex_unlock(&pack->lock);
	if (r < 0)
		return r;
	if (gv_file_pwrite_all(pack->fd, lane->buf, lane->used, (off_t)at) < 0)
		return gv_pack_fail(pack, GV_ERROR);
	for (; lane->flushed < lane->n; lane->flushed++)
		lane->entries[lane->flushed].offset += at;
	lane->used = 0;
	return 0;
}

/* Hand the entries over to the pack. */
static int
merge(struct gv_pack_lane *lane)
{
	struct gv_pack *pack = lane->pack;
	int r;

	pthread_mutex_lock(&pack->lock);
	r = gv_vec_grow((void **)&pack->entries, &pack->cap, pack->n + lane->n,
	    sizeof(*pack->entries));
	if (r == 0 && lane->n) {
		memcpy(pack->entries + pack->n, lane->entries,
		    lane->n * sizeof(*lane->entries));
		pack->n += lane->n;
		pack->deltas += lane->deltas;
	}
	pthread_mutex_unlock(&pack->lock);
	return r;
}

int
gv_pack_lane_close(struct gv_pack_lane *lane)
{
	struct gv_pack *pack;
	int r;

	if (lane == NULL)
		return 0;
	pack = lane->pack;
	if ((r = gv_pack_lane_flush(lane)) == 0)
		r = merge(lane);
	gv_pack_ungroup(lane);
	lane->used = lane->n = lane->flushed = 0;
	lane->deltas = 0;
	pthread_mutex_lock(&pack->lock);
	pack->lanes--;
	lane->next = pack->idle;
	pack->idle = lane;
	pthread_mutex_unlock(&pack->lock);
	return r;
}

void
gv_pack_lane_free_idle(struct gv_pack *pack)
{
	struct gv_pack_lane *lane;

	while ((lane = pack->idle) != NULL) {
		pack->idle = lane->next;
		lane_free(lane);
	}
}

void
gv_pack_group(struct gv_pack_lane *lane)
{
	lane->is_grouped = lane->wants_base = true;
	lane->has_base = false;
}

void
gv_pack_ungroup(struct gv_pack_lane *lane)
{
	lane->is_grouped = lane->wants_base = lane->has_base = false;
}

int
gv_pack_lane_note(struct gv_pack_lane *lane, const struct gv_oid *id,
    uint64_t offset, uint32_t crc)
{
	struct gv_pack_entry *e;
	int r = GV_GROW(lane->entries, lane->n, lane->cap);

	if (r < 0)
		return r;
	e = &lane->entries[lane->n++];
	e->oid = *id;
	e->offset = offset;
	e->crc = crc;
	return 0;
}

int
gv_pack_lane_wants(struct gv_pack_lane *lane, const struct gv_oid *id)
{
	struct gv_pack *pack = lane->pack;
	int r = gv_pack_claim(pack, id);

	/* claimed first: the other threads need not ask the disk again */
	if (r > 0 && pack->odb && gv_odb_freshen(pack->odb, id))
		r = 0;
	return r;
}

size_t
gv_pack_entry_head(unsigned char *out, unsigned type, uint64_t size)
{
	size_t n = 0;
	unsigned c = type << 4 | (unsigned)(size & 15);

	for (size >>= 4; size; size >>= 7) {
		out[n++] = (unsigned char)(c | 0x80);
		c = (unsigned)(size & 0x7f);
	}
	out[n++] = (unsigned char)c;
	return n;
}

/* How far back the base is, high digits first, each but the last less one. */
static size_t
put_distance(unsigned char *out, size_t distance)
{
	unsigned char tmp[10];
	size_t n = sizeof(tmp), len;

	tmp[--n] = distance & 0x7f;
	while (distance >>= 7)
		tmp[--n] = 0x80 | (--distance & 0x7f);
	len = sizeof(tmp) - n;
	memcpy(out, tmp + n, len);
	return len;
}

static int
reserve(unsigned char **p, size_t *cap, size_t need)
{
	return gv_vec_grow((void **)p, cap, need, 1);
}

/* The entry at the end of the buffer is complete: count it. */
static int
take_entry(struct gv_pack_lane *lane, const struct gv_oid *id, size_t len)
{
	uint32_t crc = gv_deflate_crc32(0, lane->buf + lane->used, len);
	int r = gv_pack_lane_note(lane, id, lane->used, crc);

	if (r == 0)
		lane->used += len;
	return r;
}

/* Store the object as a delta against the group's base if that takes less
 * than three quarters of what it would take whole, judged by how well the base
 * itself deflated. 1 if done, 0 if not worth it. */
static int
add_delta(struct gv_pack_lane *lane, const struct gv_oid *id, const void *data,
    size_t len)
{
	unsigned char *out = lane->buf + lane->used;
	uint64_t whole = (uint64_t)len * lane->base_packed / lane->base_len;
	size_t cap = len / 2, n, head, packed;
	int r = need_deflate(lane);

	if (r == 0)
		r = reserve(&lane->scratch, &lane->scratch_cap, cap);
	if (r == 0 && !lane->is_indexed) {
		r = gv_delta_index(lane->delta, lane->base, lane->base_len);
		lane->is_indexed = r == 0;
	}
	if (r < 0)
		return r;
	n = gv_delta_encode(lane->delta, lane->scratch, cap, data, len);
	if (n == 0)
		return 0;
	head = gv_pack_entry_head(out, OFS_DELTA, n);
	head += put_distance(out + head, lane->used - lane->base_at);
	packed = gv_deflate_run(lane->z, out + head,
	    GV_PACK_LANE_SIZE - lane->used - head, lane->scratch, n);
	if (packed == 0 || packed > whole / 4 * 3)
		return 0;
	r = take_entry(lane, id, head + packed);
	lane->deltas++;
	return r < 0 ? r : 1;
}

/* What age has sealed is random to everybody else, however little it is. */
static bool
is_sealed(const void *data, size_t len)
{
	static const char age[] = "age-encryption.org/v1\n";

	return len >= sizeof(age) && memcmp(data, age, sizeof(age) - 1) == 0;
}

/* Most of a small tree are ids: deflated it becomes 6 % smaller, for 7 us. */
static bool
is_random_of(enum gv_otype type, const void *data, size_t len)
{
	if (type == GV_OTYPE_TREE)
		return len < TREE_SMALL;
	return type == GV_OTYPE_BLOB &&
	    (is_sealed(data, len) || gv_deflate_is_noise(data, len));
}

/* The size; 0 where it is not for that, or not made much smaller by it: codes
 * of its own fit other languages and encodings better. */
static size_t
pack_quickly(struct gv_pack_lane *lane, void *out, size_t cap,
    enum gv_otype type, const void *data, size_t len)
{
	const bool is_tree = type == GV_OTYPE_TREE;
	const size_t most = is_tree ? len / 8 * 7 : len / 8 * 5;

	if (!lane->pack->is_quick || len < TEXT_SMALL ||
	    (!is_tree && type != GV_OTYPE_BLOB))
		return 0;
	if (lane->quick == NULL && (lane->quick = gv_quick_new()) == NULL)
		return 0;
	return gv_quick_run(lane->quick,
	    is_tree ? GV_QUICK_TREE : GV_QUICK_TEXT, out,
	    most < cap ? most : cap, data, len);
}

static int
pack(struct gv_pack_lane *lane, size_t *packed, size_t at, enum gv_otype type,
    const void *data, size_t len)
{
	unsigned char *out = lane->buf + at;
	const size_t cap = GV_PACK_LANE_SIZE - at;
	int r = 0;

	if (is_random_of(type, data, len)) {
		*packed = gv_deflate_store(out, cap, data, len);
		return 0;
	}
	*packed = pack_quickly(lane, out, cap, type, data, len);
	if (*packed == 0 && (r = need_deflate(lane)) == 0)
		*packed = gv_deflate_run(lane->z, out, cap, data, len);
	return r;
}

static int
add_whole(struct gv_pack_lane *lane, const struct gv_oid *id,
    enum gv_otype type, const void *data, size_t len)
{
	size_t at = lane->used, packed = 0;
	size_t head = gv_pack_entry_head(lane->buf + at, type, len);
	int r = pack(lane, &packed, at + head, type, data, len);

	if (r == 0)
		r = take_entry(lane, id, head + packed);
	if (r < 0 || !lane->wants_base || len < DELTA_MIN)
		return r;
	r = reserve(&lane->base, &lane->base_cap, len);
	if (r < 0)
		return r;
	memcpy(lane->base, data, len);
	lane->base_len = len;
	lane->base_at = at;
	lane->base_packed = packed;
	lane->base_type = type;
	lane->has_base = true;
	lane->wants_base = lane->is_indexed = false;
	return 0;
}

static int
add_small(struct gv_pack_lane *lane, const struct gv_oid *id,
    enum gv_otype type, const void *data, size_t len)
{
	const size_t need = gv_deflate_bound(lane->z, len) + 2 * HEAD_MAX;
	int r = 0;

	if (need > GV_PACK_LANE_SIZE - lane->used)
		r = gv_pack_lane_flush(lane);
	if (r == 0 && lane->has_base && type == lane->base_type &&
	    len >= DELTA_MIN)
		r = add_delta(lane, id, data, len);
	if (r != 0)
		return r < 0 ? r : 0;
	return add_whole(lane, id, type, data, len);
}

struct memory {
	const unsigned char *p;
	size_t left;
};

static int64_t
read_memory(void *ctx, void *data, size_t len)
{
	struct memory *m = ctx;
	size_t n = len < m->left ? len : m->left;

	memcpy(data, m->p, n);
	m->p += n;
	m->left -= n;
	return (int64_t)n;
}

int
gv_pack_add_known(struct gv_pack_lane *lane, const struct gv_oid *id,
    enum gv_otype type, const void *data, size_t len, bool *added)
{
	struct memory m = { data, len };
	struct gv_pack_source src = { type, len, read_memory, &m };
	int r = gv_pack_lane_wants(lane, id);

	if (added)
		*added = r > 0;
	if (r <= 0)
		return r;
	if (len > GV_PACK_WHOLE_MAX)
		r = gv_pack_lane_stream(lane, NULL, id, &src, NULL);
	else
		r = add_small(lane, id, type, data, len);
	/* others rely on what was claimed: without it the pack is lost */
	return r < 0 ? gv_pack_fail(lane->pack, r) : 0;
}

int
gv_pack_add(struct gv_pack_lane *lane, struct gv_oid *out, enum gv_otype type,
    const void *data, size_t len, bool *added)
{
	int r = gv_oid_of(out, type, data, len);

	return r < 0 ? r : gv_pack_add_known(lane, out, type, data, len, added);
}
