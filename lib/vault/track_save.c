#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "infra/state.h"
#include "store/chunk.h"
#include "store/gunzip.h"
#include "store/odb.h"
#include "store/pack.h"
#include "store/repo.h"
#include "store/tree.h"
#include "sys/cancel.h"
#include "sys/env.h"
#include "vault/idkey.h"
#include "vault/ledger.h"
#include "vault/safe.h"
#include "vault/seal.h"
#include "vault/track_again.h"
#include "vault/track_internal.h"
#include "vault/track_leaf.h"

#define BATCH ((size_t)2 << 20) /* bytes that are sealed at a time */

/* A part that the last version has as well. */
struct known {
	struct gv_digest id;
	struct gv_oid object, leaf;
	bool is_tree;
};

/* One that is yet to be sealed. */
struct waiting {
	size_t part, at, len; /* where it stands in the batch */
};

/* Parts that are sealed together, while the next ones are read. */
struct batch {
	struct gv_secret clear;
	struct waiting *waiting;
	struct gv_seal_value *values;
	size_t n, cap, cap_values;
	struct gv_seal_run *run;
};

struct save {
	struct gv_repo *repo;
	struct gv_safe *safe;
	const struct gv_track_what *what;
	struct gv_ledger_edit edit;
	struct gv_seal how;
	unsigned char readers[GV_TRACK_SUM];
	unsigned char leaf_key[GV_TRACK_LEAF_KEY];
	struct gv_track_version last, next;
	struct gv_track_version good; /* the newest that is whole, if any */
	bool has_good;
	bool is_lost;               /* the last one is not whole any more */
	struct gv_map known, trees; /* that the last version has */
	struct gv_arena arena;
	struct gv_track_parts parts;
	struct gv_pack_lane *lane; /* of what is sealed */
	struct batch batches[2];   /* one is filled, the other is sealed */
	int filled;                /* which */
	struct gv_buf leaf, ids;
	struct gv_secret room;
	struct gv_track_hash hash;
	struct gv_state_info info;
	uint64_t sealed;
	char *unnoted;
};

/* ---- what the last version has ------------------------------------------ */

static int
put(void *ctx, struct gv_oid *out, enum gv_otype type, const void *data,
    size_t len, const struct gv_digest *id)
{
	struct save *s = ctx;

	(void)id;
	return gv_pack_add(s->lane, out, type, data, len, NULL);
}

static int
has_chunk(void *ctx, const struct gv_oid *id)
{
	return gv_odb_has(ctx, id) ? 0 : GV_ENOTFOUND;
}

/* Whether all of it is here: 1, 0, or a failure. */
static int
is_here(struct gv_odb *odb, const struct gv_track_part *part)
{
	int r;

	if (!part->is_tree)
		return gv_odb_has(odb, &part->object);
	r = gv_chunk_each(odb, &part->object, has_chunk, odb);
	return r == 0 ? 1 : r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

static int
know_part(struct save *s, const struct gv_track_part *part)
{
	struct known *k = gv_arena_alloc(&s->arena, sizeof(*k));

	if (k == NULL)
		return GV_ENOMEM;
	*k =
	    (struct known){ part->id, part->object, part->leaf, part->is_tree };
	return gv_map_put(&s->known, k->id.bytes, GV_DIGEST_BYTES, k);
}

/* A part that is lost is none to rely on: it is sealed anew. */
static int
know(struct save *s, const struct gv_track_parts *parts)
{
	size_t i;
	int r = 0;

	for (i = 0; r >= 0 && i < parts->n; i++) {
		r = is_here(s->edit.odb, &parts->list[i]);
		s->is_lost |= r == 0;
		if (r > 0)
			r = know_part(s, &parts->list[i]);
	}
	for (i = 0; r >= 0 && i < parts->n_trees; i++) {
		char *id =
		    gv_arena_copy(&s->arena, parts->trees[i].id, GV_OID_RAW);

		r = id ? gv_map_put(&s->trees, id, GV_OID_RAW, id) : GV_ENOMEM;
	}
	return r < 0 ? r : 0;
}

/* Its parts do for us where they have the same names and the same readers. A
 * version that is damaged lends nothing, and is no reason not to save. */
static int
learn(struct save *s)
{
	struct gv_track_parts parts = { 0 };
	int r;

	if (gv_oid_is_zero(&s->last.commit) ||
	    strcmp(s->last.key, s->next.key) != 0 ||
	    memcmp(s->last.sealed_for, s->readers, GV_TRACK_SUM) != 0)
		return 0;
	r = gv_track_parts_list(&parts, s->edit.odb, &s->last.tree);
	if (r == 0)
		r = gv_track_parts_name(&parts, s->edit.odb);
	if (r == 0)
		r = know(s, &parts);
	gv_track_parts_release(&parts);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		s->is_lost = true;
		r = 0;
	}
	return r;
}

static int
load_last(struct save *s)
{
	struct gv_oid tip;
	int r = gv_track_tip(&tip, s->repo, &s->what->of);

	if (r == 0 && !gv_oid_is_zero(&tip))
		r = gv_track_load_of(&s->last, s->edit.odb, &tip, &s->what->of);
	if (r < 0 || s->last.damage == NULL)
		return r;
	/* a chain that breaks off before one is no reason not to save */
	r = gv_track_good(&s->good, &s->has_good, s->repo, &s->what->of);
	return r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

static int
check_code(struct save *s)
{
	struct gv_object obj = { 0 };
	int r;

	if (gv_oid_is_zero(&s->what->code))
		return 0;
	r = gv_odb_read_type(
	    s->edit.odb, &obj, &s->what->code, GV_OTYPE_COMMIT);
	gv_object_release(&obj);
	return r < 0 ? gv_err_in(r, "the commit that it was applied from") : 0;
}

static int
begin(struct save *s)
{
	const struct gv_track_of *of = &s->what->of;
	struct gv_idkey key;
	int r = gv_safe_prepare(s->safe);

	if (r == 0)
		r = gv_ledger_begin(&s->edit, s->repo, s->what->now);
	if (r == 0)
		r = gv_pack_lane_open(&s->lane, s->edit.pack);
	if (r == 0)
		r = gv_safe_how(&s->how, s->readers, s->safe, of->env);
	if (r == 0)
		r = load_last(s);
	if (r == 0)
		r = check_code(s);
	if (r < 0)
		return r;
	s->how.put = put;
	s->how.ctx = s;
	gv_idkey_set(&key, s->how.key);
	memcpy(s->next.key, key.name, sizeof(s->next.key));
	explicit_bzero(&key, sizeof(key));
	gv_track_leaf_key(s->leaf_key, s->how.key, of->env, of->stack);
	r = gv_track_hash_init(&s->hash);
	return r < 0 ? r : learn(s);
}

/* ---- parts -------------------------------------------------------------- */

/* Wait for what is sealed. */
static int
end_batch(struct save *s, struct batch *b)
{
	size_t i;
	int r = gv_seal_end(b->run);

	b->run = NULL;
	for (i = 0; r == 0 && i < b->n; i++) {
		struct gv_track_part *part = &s->parts.list[b->waiting[i].part];

		part->object = b->values[i].object;
		part->is_tree = b->values[i].len > GV_SEAL_WHOLE;
	}
	s->sealed += b->n;
	b->n = 0;
	gv_secret_reset(&b->clear);
	return r;
}

/* Let what was gathered be sealed, and gather in the other batch. */
static int
seal_batch(struct save *s)
{
	struct batch *b = &s->batches[s->filled];
	size_t i;
	int r = end_batch(s, &s->batches[!s->filled]);

	if (r == 0)
		r = gv_vec_grow((void **)&b->values, &b->cap_values, b->n,
		    sizeof(*b->values));
	for (i = 0; r == 0 && i < b->n; i++)
		b->values[i] = (struct gv_seal_value){
			.p = b->clear.p + b->waiting[i].at,
			.len = b->waiting[i].len,
			.id = s->parts.list[b->waiting[i].part].id,
			.is_named = true,
		};
	if (r == 0)
		r = gv_seal_begin(&b->run, &s->how, b->values, b->n);
	s->filled = !s->filled;
	return r;
}

static int
seal_rest(struct save *s)
{
	int r = seal_batch(s);

	return r < 0 ? r : end_batch(s, &s->batches[!s->filled]);
}

static void
batch_release(struct batch *b)
{
	gv_seal_drop(b->run);
	gv_secret_release(&b->clear);
	free(b->waiting);
	free(b->values);
}

static int
add_new(struct save *s, const struct gv_state_group *group,
    struct gv_track_part *part)
{
	struct batch *b = &s->batches[s->filled];
	struct waiting w = {
		.part = s->parts.n - 1, .at = b->clear.len, .len = group->len
	};
	int r;

	gv_buf_reset(&s->leaf);
	r = gv_track_leaf_add(
	    &s->leaf, s->leaf_key, &s->room, group, &part->id);
	if (r == 0)
		r = gv_pack_add(s->edit.lane, &part->leaf, GV_OTYPE_BLOB,
		    s->leaf.p, s->leaf.len, NULL);
	if (r == 0)
		r = gv_secret_add(&b->clear, group->text, group->len);
	if (r == 0)
		r = gv_vec_grow((void **)&b->waiting, &b->cap, b->n + 1,
		    sizeof(*b->waiting));
	if (r < 0)
		return r;
	b->waiting[b->n++] = w;
	return b->clear.len >= BATCH ? seal_batch(s) : 0;
}

static int
on_group(void *ctx, const struct gv_state_group *group)
{
	struct save *s = ctx;
	struct gv_track_part part = { .ends = group->level };
	const struct known *k;
	int r = gv_vec_grow((void **)&s->parts.list, &s->parts.cap,
	    s->parts.n + 1, sizeof(*s->parts.list));

	if (r == 0 && gv_cancel_requested())
		r = gv_cancel_error();
	if (r == 0 && s->parts.n == GV_TRACK_PARTS)
		r = gv_err(GV_EREFUSED, "no state has so many parts");
	if (r == 0)
		r = gv_seal_name(&part.id, s->how.key, s->how.scope,
		    group->text, group->len);
	if (r == 0)
		r = gv_track_hash_add(&s->hash, group->text, group->len);
	if (r < 0)
		return r;
	gv_buf_add(&s->ids, part.id.bytes, GV_DIGEST_BYTES);
	k = gv_map_get(&s->known, part.id.bytes, GV_DIGEST_BYTES);
	if (k) {
		part.object = k->object;
		part.leaf = k->leaf;
		part.is_tree = k->is_tree;
	}
	s->parts.list[s->parts.n++] = part;
	return k ? 0 : add_new(s, group, &s->parts.list[s->parts.n - 1]);
}

/* ---- guards ------------------------------------------------------------- */

/* NULL for none; *r tells where there is no memory. */
static char *
copy(const char *text, int *r)
{
	char *p = text && *text ? strdup(text) : NULL;

	if (p == NULL && text && *text)
		*r = gv_err_nomem();
	return p;
}

static int
describe(struct save *s)
{
	const struct gv_digest_field ids = { s->ids.p, s->ids.len };
	struct gv_track_version *v = &s->next;
	char host[256];
	int r = gv_buf_check(&s->ids);

	gv_env_host(host, sizeof(host));
	v->env = copy(s->what->of.env, &r);
	v->stack = copy(s->what->of.stack, &r);
	v->tool = copy(s->info.tool, &r);
	v->writer = copy(s->info.writer, &r);
	v->lineage = copy(s->info.lineage, &r);
	v->damage = copy(s->info.damage, &r);
	v->host = copy(host, &r);
	v->snapshot = copy(s->what->snapshot, &r);
	v->format = s->info.format;
	v->has_serial = s->info.has_serial;
	v->serial = s->info.serial;
	v->is_encrypted = s->info.is_encrypted;
	v->size = s->info.size;
	v->parts = s->parts.n;
	v->items = s->info.items;
	v->time = s->what->now;
	v->code = s->what->code;
	v->previous = s->last.commit;
	memcpy(v->sealed_for, s->readers, GV_TRACK_SUM);
	gv_digest_keyed(&v->digest, s->how.key, "state version", &ids, 1);
	return r;
}

static bool
is_same(const struct gv_track_version *a, const struct gv_track_version *b)
{
	return strcmp(a->key, b->key) == 0 &&
	    gv_digest_equal(&a->digest, &b->digest);
}

static bool
has_same_bytes(const struct save *s)
{
	return is_same(&s->last, &s->next);
}

/* Why Terraform would refuse to put this in the place of the last one that was
 * whole, since what a damaged one says of itself counts for nothing; NULL for
 * no reason. Bytes named by another key cannot be compared. */
static const char *
objection(const struct save *s, struct gv_buf *text)
{
	const struct gv_track_version *a = s->has_good ? &s->good : &s->last;
	const struct gv_track_version *b = &s->next;

	if (gv_oid_is_zero(&s->last.commit) || has_same_bytes(s))
		return NULL;
	/* the newest whole one may come back over a damaged one */
	if (s->has_good && is_same(a, b))
		return NULL;
	/* what a pipe gives whose writer has failed */
	if (b->size == 0 && s->last.size)
		gv_buf_addstr(text, "it is empty, and the last version is not");
	else if (a->lineage && b->lineage &&
	    strcmp(a->lineage, b->lineage) != 0)
		gv_buf_addf(text,
		    "its lineage is %s, and that of the last version is %s: "
		    "it is the state of something else",
		    b->lineage, a->lineage);
	else if (!a->has_serial || !b->has_serial)
		return NULL;
	else if (b->serial < a->serial)
		gv_buf_addf(text,
		    "its serial is %" PRIu64
		    ", and the last version has %" PRIu64 ": it is older",
		    b->serial, a->serial);
	else if (b->serial == a->serial && strcmp(a->key, b->key) == 0)
		gv_buf_addf(text,
		    "its serial is %" PRIu64
		    ", as that of the last version, which has other content",
		    b->serial);
	return text->len ? text->p : NULL;
}

static int
guard(struct save *s)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *why = objection(s, &text);
	int r = 0;

	if (why && s->what->force == NULL) {
		r = gv_err(GV_EREFUSED,
		    "%s%s%s; save it with --force --reason TEXT if that is "
		    "meant",
		    why, s->next.damage ? ", and it is no whole state: " : "",
		    s->next.damage ? s->next.damage : "");
	} else if (why) {
		gv_buf_addf(&text, " (%s)", s->what->force);
		s->next.forced = gv_buf_take(&text);
		r = s->next.forced ? 0 : GV_ENOMEM;
	}
	gv_buf_release(&text);
	return r;
}

/* ---- the version -------------------------------------------------------- */

static int
build_tree(struct save *s, struct gv_oid *out, bool of_leaves)
{
	struct gv_track_tree tree = { .lane = s->edit.lane,
		.known = &s->trees };
	size_t i;
	int r = 0;

	for (i = 0; i < GV_TRACK_LEVELS; i++)
		tree.level[i] = (struct gv_buf)GV_BUF_INIT;
	for (i = 0; r == 0 && i < s->parts.n; i++) {
		const struct gv_track_part *part = &s->parts.list[i];

		r = gv_track_tree_add(&tree, part->ends,
		    !of_leaves && part->is_tree ? GV_MODE_DIR : GV_MODE_FILE,
		    of_leaves ? &part->leaf : &part->object);
	}
	if (r == 0)
		r = gv_track_tree_finish(&tree, out);
	gv_track_tree_release(&tree);
	return r;
}

static int
build_root(struct save *s)
{
	struct gv_ledger_change entries[] = {
		{ .name = "index", .mode = GV_MODE_DIR },
		{ .name = "parts", .mode = GV_MODE_DIR },
		{ .name = "sum", .mode = GV_MODE_FILE },
	};
	struct gv_track_sum sum = { .size = s->info.size };
	int r = build_tree(s, &entries[0].oid, true);

	if (r == 0)
		r = build_tree(s, &entries[1].oid, false);
	gv_track_hash_finish(&s->hash, sum.sha256);
	if (r == 0)
		r = gv_track_sum_seal(&entries[2].oid, &s->how, &sum);
	return r < 0
	    ? r
	    : gv_ledger_tree(&s->edit, &s->next.tree, NULL, entries, 3);
}

/* NULL-safe. */
static int
end_lane(struct save *s)
{
	int r = gv_pack_lane_close(s->lane);

	s->lane = NULL;
	return r;
}

/* The version stands without its note, which is told. */
static void
excuse(struct save *s)
{
	free(s->unnoted);
	s->unnoted = strdup(gv_err_message());
}

/* One that was saved before may lack its note. */
static void
note_alone(struct save *s, const struct gv_track_version *v)
{
	if (gv_track_note_put(s->repo, v, s->what->now) < 0)
		excuse(s);
}

/* With its note, or where the notes are what is in the way, and then that of
 * the version first, one after the other. */
static int
move_refs(struct save *s)
{
	int noted = gv_track_note_add(&s->edit, &s->next), r;

	if (noted < 0)
		excuse(s);
	r = gv_ledger_publish(&s->edit);
	if (noted <= 0 || s->edit.tx.moved == GV_REF_MOVED_ALL)
		return r;
	if (r < 0 && r != GV_ECANCELED && s->edit.is_durable &&
	    s->edit.tx.moved == GV_REF_MOVED_NONE)
		r = gv_ledger_publish_again(&s->edit);
	/* git may also have died in between */
	if (r == 0)
		note_alone(s, &s->next);
	return r;
}

static int
publish(struct save *s)
{
	struct gv_buf text = GV_BUF_INIT, ref = GV_BUF_INIT;
	int r = build_root(s);

	if (r == 0)
		r = end_lane(s);
	if (r == 0)
		r = gv_track_commit_format(&text, s->repo, &s->next);
	if (r == 0)
		r = gv_pack_add(s->edit.lane, &s->next.commit, GV_OTYPE_COMMIT,
		    text.p, text.len, NULL);
	gv_track_ref(&ref, &s->what->of);
	if (r == 0)
		r = gv_buf_check(&ref);
	if (r == 0) {
		gv_ledger_move(
		    &s->edit, ref.p, &s->next.commit, &s->last.commit);
		r = move_refs(s);
	}
	if (r == GV_EEXISTS)
		r = gv_err(GV_ELOCKED,
		    "another version of %s/%s was saved meanwhile; look at it "
		    "and save this one again",
		    s->what->of.env, s->what->of.stack);
	gv_buf_release(&text);
	gv_buf_release(&ref);
	return r;
}

static int
save(struct gv_track_saved *out, struct save *s,
    const struct gv_state_source *source)
{
	struct gv_state_source in = *source;
	int r = begin(s);

	in.cut = gv_chunk_cut;
	in.memory = &gv_secret_memory;
	in.unpack = gv_gunzip;
	if (r == 0)
		r = gv_track_groups(&s->info, &in, on_group, s);
	if (r == 0)
		r = seal_rest(s);
	if (r == 0)
		r = describe(s);
	if (r < 0)
		return r;
	out->is_new = !has_same_bytes(s) || gv_oid_is_zero(&s->last.commit) ||
	    s->is_lost ||
	    memcmp(s->last.sealed_for, s->readers, GV_TRACK_SUM) != 0;
	if (out->is_new)
		r = guard(s);
	if (r == 0 && out->is_new)
		r = publish(s);
	else if (r == 0)
		note_alone(s, &s->last);
	if (r == 0) {
		struct gv_track_version *v = out->is_new ? &s->next : &s->last;

		out->version = *v;
		memset(v, 0, sizeof(*v));
		out->new_parts = out->is_new ? s->sealed : 0;
		memcpy(out->warning, s->info.warning, sizeof(out->warning));
		out->unnoted = s->unnoted;
		s->unnoted = NULL;
	}
	return r;
}

int
gv_track_save(struct gv_track_saved *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_track_what *what,
    const struct gv_state_source *source)
{
	struct save s = { .repo = repo,
		.safe = safe,
		.what = what,
		.known = GV_MAP_INIT,
		.trees = GV_MAP_INIT,
		.arena = GV_ARENA_INIT,
		.leaf = GV_BUF_INIT,
		.ids = GV_BUF_INIT };
	unsigned mask = gv_repo_share(repo);
	size_t i;
	int r = gv_track_check_name("an environment", what->of.env);

	memset(out, 0, sizeof(*out));
	if (r == 0)
		r = gv_track_check_name("a stack", what->of.stack);
	if (r == 0)
		r = gv_repo_check_writable(repo);
	/* on a host that only saves states nobody else does */
	if (r == 0)
		r = gv_pack_sweep(repo->objects_dir);
	if (r == 0)
		r = save(out, &s, source);
	for (i = 0; i < 2; i++)
		batch_release(&s.batches[i]);
	(void)end_lane(&s);
	gv_ledger_end(&s.edit);
	gv_track_version_release(&s.last);
	gv_track_version_release(&s.good);
	gv_track_version_release(&s.next);
	gv_map_release(&s.known);
	gv_map_release(&s.trees);
	gv_arena_release(&s.arena);
	gv_track_parts_release(&s.parts);
	gv_secret_release(&s.room);
	gv_track_hash_release(&s.hash);
	gv_buf_release(&s.leaf);
	gv_buf_release(&s.ids);
	free(s.unnoted);
	explicit_bzero(s.leaf_key, sizeof(s.leaf_key));
	gv_repo_unshare(mask);
	return r;
}

void
gv_track_saved_release(struct gv_track_saved *saved)
{
	if (saved == NULL)
		return;
	gv_track_version_release(&saved->version);
	free(saved->unnoted);
	saved->unnoted = NULL;
}
