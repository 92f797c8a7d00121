#include "vault/seal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "crypto/recipient.h"
#include "crypto/secret.h"
#include "store/member.h"
#include "sys/cancel.h"
#include "sys/workers.h"

/*
 * A sealed value is a file of age. What is in it is the value, or a gzip file
 * of it: where it is larger than GV_SEAL_PLAIN, or begins as something that
 * `gzip -d` would take for its own. So what begins as a gzip file always is
 * one of ours, and `age -d | gzip -dcf` gives every value back.
 */

static const char use_value[] = "vault secret";
static const char use_chunks[] = "vault chunks";

#define FEW 16 /* pieces that one thread seals as fast as two */

/* Sealed by itself: a value, or a chunk of one. */
struct piece {
	const unsigned char *p;
	size_t len;
	struct gv_digest id;
	struct gv_oid object;
	const struct piece *same; /* which has the same id and comes before */
	bool is_there;
};

struct lane;

struct run {
	const struct gv_seal *how;
	struct piece *pieces;
	size_t n, cap;
	size_t *first; /* piece of each value, and one behind the last */
	int (*step)(struct run *run, struct piece *piece, struct lane *lane);
	atomic_size_t next;
	atomic_bool failed;
	pthread_mutex_t lock;
};

/* What a thread works with. */
struct lane {
	struct gv_member *member;
	struct gv_secret packed;
	struct gv_buf file;
};

/* ---- names ------------------------------------------------------------- */

static void
name(struct gv_digest *out, const struct gv_seal *how, const char *use,
    const void *p, size_t len)
{
	struct gv_digest_field fields[] = { { how->scope, strlen(how->scope) },
		{ p, len } };

	gv_digest_keyed(out, how->key, use, fields, 2);
}

/* The id of a value that is in these chunks. 0 or GV_ENOMEM. */
static int
name_list(struct gv_digest *out, const struct gv_seal *how,
    const struct piece *pieces, size_t n)
{
	struct gv_buf ids = GV_BUF_INIT;
	size_t i;
	int r;

	for (i = 0; i < n; i++)
		gv_buf_add(&ids, pieces[i].id.bytes, GV_DIGEST_BYTES);
	r = gv_buf_check(&ids);
	if (r == 0)
		name(out, how, use_chunks, ids.p, ids.len);
	gv_buf_release(&ids);
	return r;
}

/* Add what a value is sealed in: chunks, or all of it. */
static int
add_pieces(struct run *run, const unsigned char *p, size_t len)
{
	bool is_whole = len <= GV_SEAL_WHOLE;
	size_t n;

	do {
		if (gv_vec_grow((void **)&run->pieces, &run->cap, run->n + 1,
			sizeof(*run->pieces)) < 0)
			return gv_err_nomem();
		n = is_whole ? len : gv_chunk_cut(p, len);
		run->pieces[run->n++] = (struct piece){ .p = p, .len = n };
		len -= n;
		p = len ? p + n : p;
	} while (len > 0);
	return 0;
}

int
gv_seal_name(struct gv_digest *out, const unsigned char key[GV_DIGEST_KEY],
    const char *scope, const void *data, size_t len)
{
	struct gv_seal how = { .key = key, .scope = scope };
	struct run run = { .how = &how };
	size_t i;
	int r = add_pieces(&run, data, len);

	for (i = 0; r == 0 && i < run.n; i++)
		name(&run.pieces[i].id, &how, use_value, run.pieces[i].p,
		    run.pieces[i].len);
	if (r == 0 && run.n > 1)
		r = name_list(out, &how, run.pieces, run.n);
	else if (r == 0)
		*out = run.pieces[0].id;
	free(run.pieces);
	return r;
}

/* ---- pieces, by several threads ---------------------------------------- */

static int
name_piece(struct run *run, struct piece *piece, struct lane *lane)
{
	(void)lane;
	name(&piece->id, run->how, use_value, piece->p, piece->len);
	return 0;
}

static bool
is_to_be_packed(const unsigned char *p, size_t len)
{
	return len > GV_SEAL_PLAIN || (len > 0 && *p == 0x1f) ||
	    (len > 1 && memcmp(p, "PK", 2) == 0);
}

static int
pack(struct lane *lane, const struct piece *piece)
{
	size_t most = gv_member_bound(piece->len);
	int r;

	gv_secret_reset(&lane->packed);
	r = gv_secret_grow(&lane->packed, most);
	if (r == 0 && lane->member == NULL) {
		lane->member = gv_member_new();
		r = lane->member ? 0 : GV_ENOMEM;
	}
	if (r < 0)
		return r;
	/* as much as it may touch is wiped */
	lane->packed.len = most;
	r = gv_member_pack(
	    lane->member, lane->packed.p, most, &most, piece->p, piece->len);
	gv_secret_truncate(&lane->packed, r == 0 ? most : 0);
	return r;
}

static int
seal_piece(struct run *run, struct piece *piece, struct lane *lane)
{
	const struct gv_seal *how = run->how;
	const unsigned char *p = piece->p;
	size_t len = piece->len;
	int r = 0;

	if (piece->is_there || piece->same)
		return 0;
	if (is_to_be_packed(p, len)) {
		r = pack(lane, piece);
		p = lane->packed.p;
		len = lane->packed.len;
	}
	gv_buf_reset(&lane->file);
	if (r == 0)
		r = gv_age_seal(&lane->file, how->to, how->n_to, p, len);
	if (r < 0)
		return r;
	pthread_mutex_lock(&run->lock);
	r = how->put(how->ctx, &piece->object, GV_OTYPE_BLOB, lane->file.p,
	    lane->file.len, &piece->id);
	pthread_mutex_unlock(&run->lock);
	return r;
}

static int
work(void *ctx, int i)
{
	struct run *run = ctx;
	struct lane lane = { .packed = GV_SECRET_INIT, .file = GV_BUF_INIT };
	size_t at;
	int r = 0;

	(void)i;
	while (r == 0 && !run->failed &&
	    (at = atomic_fetch_add(&run->next, 1)) < run->n)
		r = gv_cancel_requested()
		    ? gv_cancel_error()
		    : run->step(run, &run->pieces[at], &lane);
	if (r < 0)
		run->failed = true;
	gv_member_free(lane.member);
	gv_secret_release(&lane.packed);
	gv_buf_release(&lane.file);
	return r;
}

static int
each_piece(struct run *run,
    int (*step)(struct run *run, struct piece *piece, struct lane *lane))
{
	int threads = run->n < FEW ? 1 : gv_workers_count(run->how->threads);

	run->step = step;
	run->next = 0;
	return gv_workers_run(threads, work, run);
}

/* ---- the run ----------------------------------------------------------- */

/* Once, before thousands of values are looked at. */
static int
check_recipients(const struct gv_seal *how)
{
	size_t i;

	if (how->n_to == 0)
		return gv_err(GV_EREFUSED,
		    "there is nobody to seal the values of %s for", how->scope);
	for (i = 0; i < how->n_to; i++) {
		if (how->to[i]->kind == GV_RECIPIENT_PASSPHRASE)
			return gv_err(GV_EREFUSED,
			    "the values of %s cannot be sealed with a "
			    "passphrase, only for keys",
			    how->scope);
		if (how->to[i]->kind == GV_RECIPIENT_PLUGIN)
			return gv_err(GV_EREFUSED,
			    "the values of %s cannot be sealed for %s: only "
			    "the program age-plugin-%s can do so",
			    how->scope, how->to[i]->text, how->to[i]->plugin);
	}
	return gv_secret_ready();
}

/* Which pieces are the same, and which of the others are there already. */
static int
look_up(struct run *run)
{
	const struct gv_seal *how = run->how;
	struct gv_map map = GV_MAP_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->n; i++) {
		struct piece *piece = &run->pieces[i];

		piece->same =
		    gv_map_get(&map, piece->id.bytes, sizeof(piece->id.bytes));
		if (piece->same)
			continue;
		r = gv_map_put(
		    &map, piece->id.bytes, sizeof(piece->id.bytes), piece);
		if (r == 0 && how->find)
			r = how->find(how->ctx, &piece->object, &piece->id);
		piece->is_there = r > 0;
		r = r < 0 ? r : 0;
	}
	gv_map_release(&map);
	return r;
}

static int
put_tree(void *ctx, const struct gv_oid *id, const void *data, size_t len)
{
	const struct gv_seal *how = ctx;
	struct gv_oid same;
	int r = how->put(how->ctx, &same, GV_OTYPE_TREE, data, len, NULL);

	if (r == 0 && !gv_oid_equal(&same, id))
		r = gv_err(GV_ERROR,
		    "a tree of chunks was kept under a name "
		    "that is not its own");
	return r < 0 ? r : 0;
}

static int
put_chunks(struct gv_seal_value *value, const struct gv_seal *how,
    const struct piece *pieces, size_t n)
{
	struct gv_chunk_tree tree = GV_CHUNK_TREE_INIT;
	size_t i;
	int r = name_list(&value->id, how, pieces, n);

	tree.made = put_tree;
	tree.made_ctx = (void *)(size_t)how;
	for (i = 0; r == 0 && i < n; i++)
		r = gv_chunk_tree_add(&tree, NULL, &pieces[i].object);
	if (r == 0)
		r = gv_chunk_tree_finish(&tree, NULL, &value->object);
	gv_chunk_tree_release(&tree);
	return r;
}

/* What came of each value. */
static int
tell(struct gv_seal_value *values, size_t n, struct run *run)
{
	size_t i, k;
	int r = 0;

	for (k = 0; k < run->n; k++)
		if (run->pieces[k].same) {
			run->pieces[k].object = run->pieces[k].same->object;
			run->pieces[k].is_there = run->pieces[k].same->is_there;
		}
	for (i = 0; r == 0 && i < n; i++) {
		const struct piece *pieces = &run->pieces[run->first[i]];
		size_t count = run->first[i + 1] - run->first[i];

		values[i].is_new = false;
		for (k = 0; k < count; k++)
			values[i].is_new |= !pieces[k].is_there;
		values[i].id = pieces->id;
		values[i].object = pieces->object;
		if (count > 1)
			r = put_chunks(&values[i], run->how, pieces, count);
	}
	return r;
}

int
gv_seal_run(const struct gv_seal *seal, struct gv_seal_value *values, size_t n)
{
	struct run run = { .how = seal, .lock = PTHREAD_MUTEX_INITIALIZER };
	size_t i;
	int r = check_recipients(seal);

	if (r < 0 || n == 0)
		return r;
	run.first = calloc(n + 1, sizeof(*run.first));
	if (run.first == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < n; i++) {
		r = add_pieces(&run, values[i].p, values[i].len);
		run.first[i + 1] = run.n;
	}
	if (r == 0)
		r = each_piece(&run, name_piece);
	if (r == 0)
		r = look_up(&run);
	if (r == 0)
		r = each_piece(&run, seal_piece);
	if (r == 0)
		r = tell(values, n, &run);
	free(run.first);
	free(run.pieces);
	return r;
}
