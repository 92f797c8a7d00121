#include "state/track_rekey.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "compress/gunzip.h"
#include "crypto/secret.h"
#include "object/chunk.h"
#include "state/track_internal.h"
#include "state/track_leaf.h"
#include "toolstate/state.h"

struct rekey {
	const struct gv_track_rekey *how;
	struct gv_map *items;
	struct gv_track_reader *reader;
	struct gv_secret room;
	struct gv_buf leaf, name;
	struct gv_track_hash hash;
};

static int64_t
read_some(void *ctx, void *data, size_t len)
{
	struct rekey *k = ctx;
	int64_t n = gv_track_reader_read(k->reader, data, len);
	int r = n > 0 ? gv_track_hash_add(&k->hash, data, (size_t)n) : 0;

	return r < 0 ? r : n;
}

static int
take_item(struct rekey *k, const struct gv_track_item *item)
{
	struct gv_track_item *old;
	const struct gv_oid *leaf;
	int r;

	gv_buf_reset(&k->name);
	gv_buf_add(&k->name, item->address, strlen(item->address) + 1);
	gv_buf_addstr(&k->name, item->deposed);
	r = gv_buf_check(&k->name);
	old = r == 0 ? gv_map_get(k->items, k->name.p, k->name.len) : NULL;
	if (old) {
		leaf = old->leaf;
		*old = *item;
		old->leaf = leaf;
	}
	return r;
}

/* As a leaf, since that is how an index is made. */
static int
take_group(void *ctx, const struct gv_state_group *group)
{
	static const struct gv_digest no_part;
	struct rekey *k = ctx;
	struct gv_track_leaf leaf;
	size_t i;
	int r;

	gv_buf_reset(&k->leaf);
	if ((r = gv_track_leaf_add(
		 &k->leaf, k->how->key, &k->room, group, &no_part)) < 0 ||
	    (r = gv_track_leaf_read(
		 &leaf, k->how->arena, k->leaf.p, k->leaf.len)) < 0)
		return r;
	for (i = 0; r == 0 && i < leaf.n; i++)
		r = take_item(k, &leaf.items[i]);
	return r;
}

int
gv_track_rekey(struct gv_map *items, struct gv_track_rekey *how)
{
	struct rekey k = { .how = how,
		.items = items,
		.room = GV_SECRET_INIT,
		.leaf = GV_BUF_INIT,
		.name = GV_BUF_INIT };
	const struct gv_state_source source = { .read = read_some,
		.cut = gv_chunk_cut,
		.memory = &gv_secret_memory,
		.unpack = gv_gunzip,
		.ctx = &k };
	struct gv_state_info info;
	int r = gv_track_hash_init(&k.hash);

	if (r == 0 &&
	    (r = gv_track_reader_new(
		 &k.reader, how->repo, how->safe, how->v)) == 0 &&
	    (r = gv_state_run(&info, &source, take_group, &k)) == 0)
		gv_track_hash_finish(&k.hash, how->sum);
	gv_track_hash_release(&k.hash);
	gv_track_reader_free(k.reader);
	gv_secret_release(&k.room);
	gv_buf_release(&k.leaf);
	gv_buf_release(&k.name);
	return r;
}
