#include "component/component_writer.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/time.h"
#include "base/vec.h"
#include "component/component_block.h"
#include "component/component_cut.h"
#include "component/component_reader.h"
#include "component/component_stored.h"
#include "key/idkey.h"
#include "object/chunk.h"
#include "object/delta.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/tree.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_writer.h"
#include "seal/seal.h"
#include "sys/clock.h"
#include "vault/ledger.h"

#define NOT_YET UINT32_MAX /* of parts and blocks that the new index lacks */
#define BROKEN  (UINT32_MAX - 1) /* of blocks that are of no use to it */

_Static_assert(GV_COMPONENT_READERS == GV_SAFE_READERS, "one digest");
_Static_assert(GV_COMPONENT_KEY == GV_IDKEY_NAME, "one name");

/* The last dump, as what the new one may stand on. */
struct base {
	struct gv_component_stored stored;
	struct gv_component_reader *reader; /* NULL: there is none */
	uint32_t *parts, *blocks;           /* their numbers in the new index */
	struct gv_map ids, anchors;         /* of its pieces */
	char *broken; /* why it is no base, or not for all; NULL */
};

struct gv_component_writer {
	struct gv_repo *repo;
	struct gv_safe *safe;
	const struct gv_component_writer_opts *opts;
	struct gv_ledger_edit edit;
	struct gv_pack_lane
	    *lane;            /* of what is encrypted, by several threads */
	pthread_mutex_t lock; /* of the lane */
	struct gv_seal how;
	unsigned char readers[GV_COMPONENT_READERS];
	char key[GV_COMPONENT_KEY + 1];
	struct base base;
	struct gv_component_cut cut;
	struct gv_component_blocks blocks;
	struct gv_component_index index;
	struct gv_map ids; /* of new pieces, so that equal ones are one */
	struct gv_arena arena;
	struct gv_delta *delta;
	struct gv_secret old, made;      /* a base, and a delta on it */
	uint64_t fresh, deltas, imports; /* pieces; parts of the base */
	char last[GV_RECORD_ID_LEN + 1]; /* the newest id that there is */
	struct gv_buf ref;
};

/* ---- the base ------------------------------------------------------------ */

/* The dump stands without a base; the reason is reported. */
static int
excuse(struct base *base, int r)
{
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	if (base->broken == NULL)
		base->broken = strdup(gv_err_message());
	return 0;
}

static int
note_pieces(struct base *base)
{
	const struct gv_component_index *index =
	    gv_component_reader_index(base->reader);
	size_t i;
	int r = 0;

	base->parts = malloc((index->n_parts + 1) * sizeof(*base->parts));
	base->blocks = malloc((index->n_blocks + 1) * sizeof(*base->blocks));
	if (base->parts == NULL || base->blocks == NULL)
		return gv_err_nomem();
	memset(base->parts, 0xff, index->n_parts * sizeof(*base->parts));
	memset(base->blocks, 0xff, index->n_blocks * sizeof(*base->blocks));
	for (i = 0; r == 0 && i < index->n_pieces; i++) {
		struct gv_component_piece *p = &index->pieces[i];

		r = gv_map_put(&base->ids, p->id.bytes, GV_DIGEST_BYTES, p);
		if (r == 0 && p->anchor &&
		    !gv_map_get(&base->anchors, &p->anchor, sizeof(p->anchor)))
			r = gv_map_put(
			    &base->anchors, &p->anchor, sizeof(p->anchor), p);
	}
	return r;
}

/* A dump for other readers, or one that was named by another key, would shut
 * out those who read now. */
static bool
is_for_others(const struct gv_component_writer *w)
{
	const struct gv_component_record *rec = &w->base.stored.record;

	return strcmp(rec->key, w->key) != 0 ||
	    memcmp(rec->readers, w->readers, GV_COMPONENT_READERS) != 0;
}

static int
load_base(struct gv_component_writer *w, const struct gv_ref *newest)
{
	int r = gv_component_stored_load(&w->base.stored, w->edit.odb, newest);

	if (r < 0)
		return excuse(&w->base, r);
	if (w->opts->is_full || is_for_others(w))
		return 0;
	r = gv_component_reader_open(
	    &w->base.reader, w->repo, w->safe, &w->base.stored);
	/* a host that may only write stores whole dumps */
	if (r == GV_ENOKEY)
		return 0;
	return r < 0 ? excuse(&w->base, r) : note_pieces(&w->base);
}

static int
find_base(struct gv_component_writer *w)
{
	struct gv_refs refs = { 0 };
	const char *id;
	int r = gv_component_list(&refs, w->repo, w->opts->env, w->opts->name);

	if (r == 0 && refs.n) {
		id = strrchr(refs.refs[refs.n - 1].name, '/') + 1;
		memcpy(w->last, id, GV_RECORD_ID_LEN);
		r = load_base(w, &refs.refs[refs.n - 1]);
	}
	gv_refs_release(&refs);
	return r;
}

/* Have a block of the base among ours: 1; 0 where its object is missing or
 * damaged, which costs all that it is needed for. */
static int
import_block(struct gv_component_writer *w, uint32_t *out, uint32_t block)
{
	int r = 0;

	if (w->base.blocks[block] == BROKEN)
		return 0;
	if (w->base.blocks[block] == NOT_YET) {
		r = gv_component_reader_check(w->base.reader, block);
		if (r < 0) {
			w->base.blocks[block] = BROKEN;
			return excuse(&w->base, r);
		}
		r = gv_component_block_known(&w->blocks, &w->base.blocks[block],
		    gv_component_reader_block(w->base.reader, block));
	}
	*out = w->base.blocks[block];
	return r < 0 ? r : 1;
}

/* Have a part of the base, and what it is made from, in the new index: 1 with
 * its number; 0 where an object is no good. The chain is short. */
static int
import(struct gv_component_writer *w, uint32_t *out, uint32_t number)
{
	struct gv_component_part part =
	    gv_component_reader_index(w->base.reader)->parts[number];
	int r = 1;

	if (w->base.parts[number] != NOT_YET) {
		*out = w->base.parts[number];
		return 1;
	}
	if (part.base != GV_COMPONENT_NO_BASE)
		r = import(w, &part.base, part.base);
	if (r > 0)
		r = import_block(w, &part.block, part.block);
	if (r <= 0)
		return r;
	if ((r = GV_GROW(
		 w->index.parts, w->index.n_parts, w->index.cap_parts)) < 0)
		return r;
	*out = (uint32_t)w->index.n_parts;
	w->base.parts[number] = *out;
	w->index.parts[w->index.n_parts++] = part;
	w->imports++;
	return 1;
}

/* ---- pieces -------------------------------------------------------------- */

static int
add_part(struct gv_component_writer *w, uint32_t *out, const void *data,
    size_t len, size_t size, uint32_t base)
{
	struct gv_component_part part = {
		.len = (uint32_t)len, .size = (uint32_t)size, .base = base
	};
	int r = gv_component_block_add(
	    &w->blocks, &part.block, &part.offset, data, len);

	if (r < 0 ||
	    (r = GV_GROW(
		 w->index.parts, w->index.n_parts, w->index.cap_parts)) < 0)
		return r;
	if (base != GV_COMPONENT_NO_BASE)
		part.depth = w->index.parts[base].depth + 1;
	*out = (uint32_t)w->index.n_parts;
	w->index.parts[w->index.n_parts++] = part;
	return 0;
}

/* The piece of the base that begins with the same row, if a delta on it may
 * be. Each is the base of one piece. */
static const struct gv_component_piece *
find_old(struct gv_component_writer *w, uint64_t anchor)
{
	const struct gv_component_piece *old = w->base.reader && anchor
	    ? gv_map_del(&w->base.anchors, &anchor, sizeof(anchor))
	    : NULL;

	return old &&
		gv_component_reader_index(w->base.reader)
			->parts[old->part]
			.depth < GV_COMPONENT_CHAIN
	    ? old
	    : NULL;
}

/* As a delta: 1; 0 where there is no base for it, or none worth it. */
static int
put_delta(struct gv_component_writer *w, uint32_t *out, const void *data,
    size_t len, uint64_t anchor)
{
	const struct gv_component_piece *old = find_old(w, anchor);
	uint32_t base;
	size_t n;
	int r;

	if (old == NULL)
		return 0;
	gv_secret_reset(&w->old);
	gv_secret_reset(&w->made);
	r = gv_component_reader_part(w->base.reader, &w->old, old->part);
	if (r < 0)
		return excuse(&w->base, r);
	if ((r = gv_secret_grow(&w->made, len)) < 0 ||
	    (r = gv_delta_index(w->delta, w->old.p, w->old.len)) < 0)
		return r;
	n = gv_delta_encode(w->delta, w->made.p, len / 2, data, len);
	w->made.len = n; /* what is there is wiped later */
	if (n == 0 || (r = import(w, &base, old->part)) <= 0)
		return n == 0 ? 0 : r;
	w->deltas++;
	r = add_part(w, out, w->made.p, n, len, base);
	return r < 0 ? r : 1;
}

/* Where the bytes of the piece are already: 1; 0. */
static int
find_same(
    struct gv_component_writer *w, uint32_t *out, const struct gv_digest *id)
{
	const struct gv_component_piece *old;
	const uint32_t *part = gv_map_get(&w->ids, id->bytes, GV_DIGEST_BYTES);

	if (part) {
		*out = *part;
		return 1;
	}
	old = w->base.reader
	    ? gv_map_get(&w->base.ids, id->bytes, GV_DIGEST_BYTES)
	    : NULL;
	return old ? import(w, out, old->part) : 0;
}

static int
note_id(
    struct gv_component_writer *w, const struct gv_digest *id, uint32_t part)
{
	struct {
		struct gv_digest id;
		uint32_t part;
	} *own = gv_arena_alloc(&w->arena, sizeof(*own));

	if (own == NULL)
		return GV_ENOMEM;
	own->id = *id;
	own->part = part;
	return gv_map_put(&w->ids, own->id.bytes, GV_DIGEST_BYTES, &own->part);
}

static int
put_piece(void *ctx, const void *data, size_t len, uint64_t anchor)
{
	struct gv_component_writer *w = ctx;
	struct gv_component_piece piece = { .anchor = anchor };
	int r;

	if (w->index.n_pieces == GV_COMPONENT_MANY)
		return gv_err(GV_EREFUSED,
		    "the dump was stopped after %" PRIu64
		    " bytes: no index holds more pieces",
		    w->index.size);
	gv_component_piece_id(&piece.id, w->how.key, data, len);
	r = find_same(w, &piece.part, &piece.id);
	if (r == 0) {
		w->fresh++;
		r = put_delta(w, &piece.part, data, len, anchor);
		if (r == 0)
			r = add_part(w, &piece.part, data, len, len,
			    GV_COMPONENT_NO_BASE);
		if (r >= 0)
			r = note_id(w, &piece.id, piece.part);
	}
	if (r < 0 ||
	    (r = GV_GROW(
		 w->index.pieces, w->index.n_pieces, w->index.cap_pieces)) < 0)
		return r;
	w->index.pieces[w->index.n_pieces++] = piece;
	w->index.size += len;
	return 0;
}

/* ---- the stream ---------------------------------------------------------- */

static int
put_object(void *ctx, struct gv_oid *out, enum gv_otype type, const void *data,
    size_t len, const struct gv_digest *id)
{
	struct gv_component_writer *w = ctx;

	int r = 0;

	(void)id;
	/* nobody chose encrypted bytes: a collision is not looked for */
	if (type == GV_OTYPE_BLOB)
		gv_hash_object(out, type, data, len);
	else
		r = gv_oid_of(out, type, data, len);
	if (r < 0)
		return r;
	pthread_mutex_lock(&w->lock);
	r = gv_pack_add_known(w->lane, out, type, data, len, NULL);
	pthread_mutex_unlock(&w->lock);
	return r;
}

static int
begin(struct gv_component_writer *w)
{
	struct gv_idkey key;
	int r;

	if ((r = gv_safe_prepare(w->safe)) < 0 ||
	    (r = gv_ledger_begin(&w->edit, w->repo, w->opts->now)) < 0 ||
	    (r = gv_pack_lane_open(&w->lane, w->edit.pack)) < 0 ||
	    (r = gv_safe_how(&w->how, w->readers, w->safe, w->opts->env)) < 0)
		return r;
	w->how.put = put_object;
	w->how.threads = 1;
	w->how.ctx = w;
	w->blocks.how = &w->how;
	w->cut.piece = put_piece;
	w->cut.ctx = w;
	gv_idkey_set(&key, w->how.key);
	memcpy(w->key, key.name, sizeof(w->key));
	explicit_bzero(&key, sizeof(key));
	w->delta = gv_delta_new();
	return w->delta ? find_base(w) : GV_ENOMEM;
}

int
gv_component_writer_open(struct gv_component_writer **out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_component_writer_opts *opts)
{
	struct gv_component_writer *w = calloc(1, sizeof(*w));
	int r;

	if (w == NULL)
		return gv_err_nomem();
	w->repo = repo;
	w->safe = safe;
	w->opts = opts;
	pthread_mutex_init(&w->lock, NULL);
	if ((r = begin(w)) == 0)
		*out = w;
	else
		gv_component_writer_close(w);
	return r;
}

int
gv_component_writer_add(
    struct gv_component_writer *writer, const void *data, size_t len)
{
	return gv_component_cut_add(&writer->cut, data, len);
}

/* ---- the dump ------------------------------------------------------------ */

/* Ids are the order of dumps, also within a second. */
static int
make_id(struct gv_component_writer *w, char *id)
{
	char time[GV_TIME_MAX];
	uint32_t random = 0;
	uint64_t next;
	int r = gv_clock_random(&random, sizeof(random));

	gv_time_compact(time, w->opts->now);
	next = random & (UINT32_MAX >> 1);
	if (strncmp(w->last, time, GV_RECORD_STAMP_LEN) == 0)
		next = strtoull(w->last + GV_RECORD_STAMP_LEN + 1, NULL, 16) +
		    1 + random % 4096;
	snprintf(id, GV_RECORD_ID_LEN + 1, "%.16s-%08" PRIx32, time,
	    (uint32_t)(next > UINT32_MAX ? UINT32_MAX : next));
	return r;
}

static int
seal_index(struct gv_component_writer *w, struct gv_ledger_change *entry)
{
	struct gv_secret text = GV_SECRET_INIT;
	struct gv_seal_value value = { .p = NULL };
	int r = gv_component_sum(&w->index.sum, w->how.key, &w->index);

	if (r == 0 && (r = gv_component_index_write(&text, &w->index)) == 0) {
		value.p = text.p;
		value.len = text.len;
		r = gv_seal_run(&w->how, &value, 1);
	}
	entry->oid = value.object;
	entry->mode = text.len > GV_SEAL_WHOLE ? GV_MODE_DIR : GV_MODE_FILE;
	gv_secret_release(&text);
	return r;
}

static int
build_blocks(struct gv_component_writer *w, struct gv_oid *out)
{
	struct gv_chunk_tree tree = GV_CHUNK_TREE_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < w->blocks.n; i++)
		r = gv_chunk_tree_add(
		    &tree, w->edit.lane, &w->blocks.objects[i]);
	if (r == 0)
		r = gv_chunk_tree_finish(&tree, w->edit.lane, out);
	gv_chunk_tree_release(&tree);
	return r;
}

static void
fill(struct gv_component_writer *w, struct gv_component_record *record)
{
	memcpy(record->key, w->key, sizeof(w->key));
	memcpy(record->readers, w->readers, sizeof(w->readers));
	record->bytes = gv_seal_padded(w->index.size);
	record->pieces = w->index.n_pieces;
	record->fresh = w->fresh;
	record->deltas = w->deltas;
	if (w->imports)
		memcpy(record->base, w->base.stored.record.id,
		    sizeof(record->base));
}

static int
write_record(struct gv_component_writer *w, struct gv_component_record *record,
    struct gv_ledger_change entries[3])
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_component_record_write(&text, record);
	if ((r = gv_buf_check(&text)) < 0)
		goto out;
	gv_component_bind(&record->binding, w->how.key, text.p, text.len,
	    &entries[0].oid, &entries[1].oid);
	gv_component_record_write_binding(&text, &record->binding);
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_ledger_blob(&w->edit, &entries[2].oid, text.p, text.len);
out:
	gv_buf_release(&text);
	return r;
}

static int
build(struct gv_component_writer *w, struct gv_component_record *record)
{
	static const struct gv_ledger nothing;
	struct gv_ledger_change entries[] = {
		{ .name = "blocks", .mode = GV_MODE_DIR },
		{ .name = "index", .mode = GV_MODE_FILE },
		{ .name = "record", .mode = GV_MODE_FILE },
	};
	struct gv_buf subject = GV_BUF_INIT;
	struct gv_oid tree;
	int r;

	if ((r = gv_component_block_finish(&w->blocks)) < 0 ||
	    (r = seal_index(w, &entries[1])) < 0 ||
	    (r = build_blocks(w, &entries[0].oid)) < 0 ||
	    (r = make_id(w, record->id)) < 0)
		return r;
	fill(w, record);
	if ((r = write_record(w, record, entries)) < 0)
		return r;
	gv_component_ref(&w->ref, record->env, record->name, record->id);
	gv_buf_addf(&subject, "component %s/%s", record->env, record->name);
	if ((r = gv_buf_check(&w->ref)) == 0 &&
	    (r = gv_buf_check(&subject)) == 0 &&
	    (r = gv_ledger_tree(&w->edit, &tree, NULL, entries, 3)) == 0 &&
	    (r = gv_safe_keep_key(&w->edit, w->safe, record->env)) == 0)
		r = gv_ledger_step(
		    &w->edit, &nothing, w->ref.p, &tree, subject.p);
	gv_buf_release(&subject);
	return r;
}

int
gv_component_writer_store(struct gv_component_writer *writer,
    struct gv_component_record *record, struct gv_ref *ref)
{
	int r = gv_component_cut_finish(&writer->cut);

	if (r == 0 && writer->index.n_pieces == 0)
		r = gv_err(GV_EREFUSED, "the dump is empty");
	if (r < 0 || (r = build(writer, record)) < 0)
		return r;
	r = gv_pack_lane_close(writer->lane);
	writer->lane = NULL;
	if (r == 0)
		r = gv_ledger_store(&writer->edit);
	*ref = (struct gv_ref){ writer->ref.p, writer->edit.tip };
	return r;
}

int
gv_component_writer_publish(struct gv_component_writer *writer)
{
	return gv_ledger_publish_again(&writer->edit);
}

uint64_t
gv_component_writer_size(const struct gv_component_writer *writer)
{
	return writer->index.size + writer->cut.held.len;
}

const char *
gv_component_writer_broken(const struct gv_component_writer *writer)
{
	return writer->base.broken;
}

static void
release_base(struct base *base)
{
	gv_component_reader_close(base->reader);
	gv_component_stored_release(&base->stored);
	free(base->parts);
	free(base->blocks);
	gv_map_release(&base->ids);
	gv_map_release(&base->anchors);
	free(base->broken);
}

void
gv_component_writer_close(struct gv_component_writer *writer)
{
	if (writer == NULL)
		return;
	gv_component_block_release(&writer->blocks);
	(void)gv_pack_lane_close(writer->lane);
	gv_ledger_end(&writer->edit);
	gv_component_cut_release(&writer->cut);
	gv_component_index_release(&writer->index);
	gv_map_release(&writer->ids);
	gv_arena_release(&writer->arena);
	gv_delta_free(writer->delta);
	gv_secret_release(&writer->old);
	gv_secret_release(&writer->made);
	release_base(&writer->base);
	gv_buf_release(&writer->ref);
	pthread_mutex_destroy(&writer->lock);
	free(writer);
}
