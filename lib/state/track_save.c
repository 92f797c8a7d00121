#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "compress/gunzip.h"
#include "crypto/secret.h"
#include "gate/outgoing.h"
#include "key/idkey.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/tree.h"
#include "policy/team.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_writer.h"
#include "seal/seal.h"
#include "state/track_good.h"
#include "state/track_batch.h"
#include "state/track_binding.h"
#include "state/track_internal.h"
#include "state/track_leaf.h"
#include "state/track_split.h"
#include "state/track_rewind.h"
#include "sys/cancel.h"
#include "sys/env.h"
#include "toolstate/state.h"
#include "vault/label.h"
#include "vault/ledger.h"

/* A part that the last version has as well. */
struct known {
	struct gv_digest id;
	struct gv_oid object, leaf;
	enum gv_track_kind kind;
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
	bool is_refused;            /* it is not one to go by at all */
	struct gv_map known, trees; /* that the last version has */
	struct gv_arena arena;
	struct gv_track_parts parts;
	struct gv_pack_lane *lane; /* of what is sealed */
	struct gv_track_batch batch;
	struct gv_buf leaf, ids;
	struct gv_secret room;
	struct gv_track_hash hash;
	struct gv_state_info info;
	struct gv_track_split split;
	struct gv_track_rewind rewind; /* where it is not sealed in full */
	bool is_twice;
	char warning[200]; /* of how it is sealed, a sentence; "" */
	uint64_t new_parts;
	char *unnoted;
	char *apart; /* what keeps the commit from being a parent */
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
know_part(struct save *s, const struct gv_track_part *part)
{
	struct known *k = gv_arena_alloc(&s->arena, sizeof(*k));

	if (k == NULL)
		return GV_ENOMEM;
	*k = (struct known){ part->id, part->object, part->leaf, part->kind };
	return gv_map_put(&s->known, k->id.bytes, GV_DIGEST_BYTES, k);
}

/* A missing part cannot be relied on: it is sealed again. */
static int
know(struct save *s, const struct gv_track_parts *parts)
{
	size_t i;
	int r = 0;

	for (i = 0; r >= 0 && i < parts->n; i++) {
		r = gv_track_part_is_here(s->edit.odb, &parts->list[i]);
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

/* Its parts do for us where they have the same names, the same readers, and are
 * sealed by the same rules. A version that is damaged lends nothing, and is no
 * reason not to save. */
static int
learn(struct save *s)
{
	struct gv_track_parts parts = { 0 };
	int r;

	if (gv_oid_is_zero(&s->last.commit) || s->is_refused ||
	    strcmp(s->last.key, s->next.key) != 0 ||
	    memcmp(s->last.sealed_for, s->readers, GV_TRACK_SUM) != 0 ||
	    s->last.seal != s->next.seal ||
	    !gv_oid_equal(&s->last.rules, &s->next.rules))
		return 0;
	r = gv_track_parts_list(&parts, s->edit.odb, &s->last.tree);
	if (r == 0 && (r = gv_track_parts_name(&parts, s->edit.odb)) == 0)
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
	if (r == 0 && !gv_oid_is_zero(&tip)) {
		/* what it says guards nothing, its parts are anybody's */
		r = gv_track_binding_refuses(s->repo, s->safe, &s->last);
		s->is_refused = s->is_lost = r > 0;
	}
	if (s->is_refused)
		return gv_track_binding_before(
		    &s->good, &s->has_good, s->repo, s->safe, &s->last);
	if (r < 0 || s->last.damage == NULL)
		return r;
	/* a chain that breaks off before one is no reason not to save */
	r = gv_track_good(&s->good, &s->has_good, s->repo, &s->what->of);
	return r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

/* A commit that must not leave is no parent, or the state would stay here. What
 * holds of it held for the last version of the same commit, too. */
static int
check_code(struct save *s)
{
	struct gv_object obj = { 0 };
	int r;

	if (gv_oid_is_zero(&s->what->code))
		return 0;
	if (gv_oid_equal(&s->what->code, &s->last.code)) {
		s->next.is_apart = s->last.is_apart;
		if (s->next.is_apart)
			return 0;
	}
	r = gv_odb_read_type(
	    s->edit.odb, &obj, &s->what->code, GV_OTYPE_COMMIT);
	gv_object_release(&obj);
	if (r < 0)
		return gv_err_in(r, "the commit that it was applied from");
	if (s->what->is_judged)
		s->next.is_apart = s->what->is_apart;
	if (s->what->is_judged || gv_oid_equal(&s->what->code, &s->last.code))
		return 0;
	r = gv_outgoing_commit(
	    &s->apart, s->repo, &s->what->code, s->what->now);
	s->next.is_apart = s->apart != NULL;
	return r;
}

static int
begin(struct save *s)
{
	const struct gv_track_of *of = &s->what->of;
	struct gv_idkey key;
	int r = gv_safe_prepare(s->safe);

	if (r == 0 &&
	    (r = gv_ledger_begin(&s->edit, s->repo, s->what->now)) == 0 &&
	    (r = gv_pack_lane_open(&s->lane, s->edit.pack)) == 0 &&
	    (r = gv_safe_how(&s->how, s->readers, s->safe, of->env)) == 0 &&
	    (r = load_last(s)) == 0 && (r = check_code(s)) == 0)
		r = gv_track_split_init(
		    &s->split, s->next.seal, s->repo, s->what->now);
	if (r < 0)
		return r;
	s->next.rules = s->split.rules;
	s->how.put = put;
	s->how.ctx = s;
	s->batch.how = &s->how;
	s->batch.lane = s->edit.lane;
	s->batch.parts = &s->parts;
	gv_idkey_set(&key, s->how.key);
	memcpy(s->next.key, key.name, sizeof(s->next.key));
	explicit_bzero(&key, sizeof(key));
	gv_track_leaf_key(s->leaf_key, s->how.key, of->env, of->stack);
	r = gv_track_hash_init(&s->hash);
	return r < 0 ? r : learn(s);
}

/* ---- parts -------------------------------------------------------------- */

/* Keep a part as it is to be. */
static int
put_part(struct save *s, const struct gv_state_group *group,
    struct gv_track_part *part)
{
	struct gv_track_value w = { .part = s->parts.n - 1, .len = group->len };
	int r;

	if ((r = gv_track_split_group(&s->split, &part->kind, group)) < 0)
		return r;
	if (gv_track_part_is_clear(part->kind))
		return gv_track_part_put(
		    part, s->edit.lane, group->text, group->len);
	if (part->kind == GV_TRACK_SPLIT) {
		w.is_split = true;
		w.len = s->split.spans.len;
		r = gv_pack_add(s->edit.lane, &w.clear, GV_OTYPE_BLOB,
		    s->split.clear.p, s->split.clear.len, NULL);
		if (r < 0)
			return r;
	}
	return gv_track_batch_add(&s->batch, &w,
	    w.is_split ? (const void *)s->split.spans.p : group->text);
}

static int
add_new(struct save *s, const struct gv_state_group *group,
    struct gv_track_part *part)
{
	int r;

	s->new_parts++;
	gv_buf_reset(&s->leaf);
	if ((r = gv_track_leaf_add(
		 &s->leaf, s->leaf_key, &s->room, group, &part->id)) == 0)
		r = gv_pack_add(s->edit.lane, &part->leaf, GV_OTYPE_BLOB,
		    s->leaf.p, s->leaf.len, NULL);
	return r < 0 ? r : put_part(s, group, part);
}

static int
on_group(void *ctx, const struct gv_state_group *group)
{
	struct save *s = ctx;
	struct gv_track_part part = { .ends = group->level };
	const struct known *k;
	int r;

	if ((r = GV_GROW(s->parts.list, s->parts.n, s->parts.cap)) < 0)
		return r;
	if (gv_cancel_requested())
		return gv_cancel_error();
	if (s->parts.n == GV_TRACK_PARTS)
		return gv_err(
		    GV_EREFUSED, "a state cannot have that many parts");
	r = gv_seal_name(
	    &part.id, s->how.key, s->how.scope, group->text, group->len);
	if (r < 0 ||
	    (r = gv_track_hash_add(&s->hash, group->text, group->len)) < 0)
		return r;
	gv_buf_add(&s->ids, part.id.bytes, GV_DIGEST_BYTES);
	k = gv_map_get(&s->known, part.id.bytes, GV_DIGEST_BYTES);
	if (k) {
		part.object = k->object;
		part.leaf = k->leaf;
		part.kind = k->kind;
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

/* A list of hosts, say: no damaged state, but a file of its own kind. */
static bool
is_any(const struct save *s)
{
	return s->what->is_any && s->info.is_other &&
	    (s->last.tool == NULL || strcmp(s->last.tool, "opaque") == 0);
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
	v->damage = is_any(s) ? NULL : copy(s->info.damage, &r);
	v->host = copy(host, &r);
	v->snapshot = copy(s->what->snapshot, &r);
	v->format = s->info.format;
	v->has_serial = s->info.has_serial;
	v->serial = s->info.serial;
	v->is_encrypted = s->info.is_encrypted;
	v->size = gv_track_size(v->seal, s->info.size);
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
has_same_bytes(const struct save *s)
{
	return gv_track_is_same(&s->last, &s->next);
}

static int
guard(struct save *s)
{
	struct gv_buf text = GV_BUF_INIT;
	const struct gv_track_guard g = { .last = &s->last,
		.next = &s->next,
		.good = s->has_good ? &s->good : NULL,
		.is_refused = s->is_refused,
		.wants_whole = s->what->wants_whole };
	const char *why = gv_track_object(&g, &text);
	int r = 0;

	if (why && s->what->force == NULL) {
		r = gv_err(GV_EREFUSED,
		    "%s%s%s; to save it anyway: git vault state save FILE "
		    "--env %s --stack %s --force --reason TEXT",
		    why,
		    s->next.damage ? ", and it is not an intact state: " : "",
		    s->next.damage ? s->next.damage : "", s->what->of.env,
		    s->what->of.stack);
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
		    of_leaves ? GV_TRACK_SEALED : part->kind,
		    of_leaves ? &part->leaf : &part->object);
	}
	if (r == 0)
		r = gv_track_tree_finish(&tree, out);
	gv_track_tree_release(&tree);
	return r;
}

/* A sum in clear would confirm a guess of what is hidden. */
static int
keep_sum(struct save *s, struct gv_ledger_change entry[2], size_t *n)
{
	struct gv_track_sum sum = { .size = s->info.size };
	struct gv_digest id;
	size_t i = 0;
	int r;

	gv_track_hash_finish(&s->hash, sum.sha256);
	while (i < s->parts.n && gv_track_part_is_clear(s->parts.list[i].kind))
		i++;
	*n = 1;
	if (i == s->parts.n && s->next.seal == GV_POLICY_SEAL_NONE) {
		entry->name = "sum.clear";
		return gv_track_sum_put(&entry->oid, s->edit.lane, &sum);
	}
	*n = 2;
	r = gv_track_sum_seal(&entry->oid, &id, &s->how, &sum);
	return r < 0 ? r
		     : gv_track_sum_put_id(&entry[1].oid, s->edit.lane, &id);
}

static int
build_root(struct save *s)
{
	struct gv_ledger_change entries[] = {
		{ .name = "index", .mode = GV_MODE_DIR },
		{ .name = "parts", .mode = GV_MODE_DIR },
		{ .name = "sum", .mode = GV_MODE_FILE },
		{ .name = "sum.id", .mode = GV_MODE_FILE },
	};
	size_t n = 0;
	int r;

	if ((r = build_tree(s, &entries[0].oid, true)) < 0 ||
	    (r = build_tree(s, &entries[1].oid, false)) < 0 ||
	    (r = keep_sum(s, &entries[2], &n)) < 0)
		return r;
	return gv_ledger_tree(&s->edit, &s->next.tree, NULL, entries, 2 + n);
}

/* NULL-safe. */
static int
end_lane(struct save *s)
{
	int r = gv_pack_lane_close(s->lane);

	s->lane = NULL;
	return r;
}

/* The version stands without its note, which is reported. */
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

	if (r == 0 && (r = end_lane(s)) == 0 &&
	    (r = gv_track_commit_format(
		 &text, s->repo, &s->next, s->how.key)) == 0)
		r = gv_pack_add(s->edit.lane, &s->next.commit, GV_OTYPE_COMMIT,
		    text.p, text.len, NULL);
	gv_track_ref(&ref, &s->what->of);
	if (r == 0)
		r = gv_buf_check(&ref);
	/* without this key readers could not check its names and its binding */
	if (r == 0 &&
	    (r = gv_safe_keep_key(&s->edit, s->safe, s->what->of.env)) == 0) {
		gv_ledger_move(
		    &s->edit, ref.p, &s->next.commit, &s->last.commit);
		r = move_refs(s);
	}
	if (r == GV_EEXISTS)
		r = gv_err(GV_ELOCKED,
		    "another version of %s/%s was saved meanwhile; compare it, "
		    "then save this one again",
		    s->what->of.env, s->what->of.stack);
	gv_buf_release(&text);
	gv_buf_release(&ref);
	return r;
}

/* ---- how it is sealed --------------------------------------------------- */

/* Whether it is known what in it is sensitive. */
static bool
is_known(const struct gv_state_info *info)
{
	return info->damage[0] == '\0' && !info->is_encrypted &&
	    !info->is_coded && strcmp(info->tool, "opaque") != 0;
}

static int
pass(void *ctx, const struct gv_state_group *group)
{
	(void)ctx;
	(void)group;
	return gv_cancel_requested() ? gv_cancel_error() : 0;
}

/* Nothing of it may be kept in clear before it was read to its end: what it is
 * follows from all of it. */
static int
look_through(struct save *s, const struct gv_state_source *source)
{
	struct gv_state_source in;
	struct gv_state_info info;
	int r = gv_track_rewind_begin(&s->rewind, source);

	s->is_twice = true;
	if (r < 0)
		return r;
	in = s->rewind.source;
	in.cut = gv_chunk_cut;
	in.memory = &gv_secret_memory;
	in.unpack = gv_gunzip;
	if ((r = gv_state_run(&info, &in, pass, NULL)) == 0)
		r = gv_track_rewind_again(&s->rewind);
	if (r == 0 && !is_known(&info)) {
		s->next.seal = GV_POLICY_SEAL_FULL;
		snprintf(s->warning, sizeof(s->warning),
		    "it is fully encrypted, since nothing marks what is "
		    "sensitive in it: it is %s",
		    info.is_encrypted    ? "encrypted by its tool"
			: info.is_coded  ? "not in the coding that its tool "
					   "writes"
			: info.damage[0] ? "not an intact state"
					 : "of no tool that git vault knows");
	}
	return r;
}

/* A state is not lost for a policy that cannot be read. */
static int
choose_seal(struct save *s, const struct gv_state_source *source)
{
	struct gv_policy policy;
	int r = gv_team_load(&policy, s->repo);

	if (r == GV_EREFUSED) {
		snprintf(s->warning, sizeof(s->warning),
		    "it is fully encrypted, since the policy cannot be read: "
		    "%s",
		    gv_err_message());
		return 0;
	}
	if (r < 0)
		return r;
	s->next.seal = gv_policy_seal_of(&policy, s->what->of.env);
	gv_policy_release(&policy);
	return s->next.seal == GV_POLICY_SEAL_FULL ? 0
						   : look_through(s, source);
}

static int
read_all(struct save *s, const struct gv_state_source *source)
{
	struct gv_state_source in = s->is_twice ? s->rewind.source : *source;
	int r;

	in.cut = gv_chunk_cut;
	in.memory = &gv_secret_memory;
	in.unpack = gv_gunzip;
	r = gv_track_groups(&s->info, &in, on_group, s);
	if (r == 0 && s->next.seal != GV_POLICY_SEAL_FULL &&
	    !is_known(&s->info))
		r = gv_err(GV_EREFUSED,
		    "it has changed while it was read; save it again");
	return r < 0 ? r : gv_track_batch_finish(&s->batch);
}

/* ---- saved -------------------------------------------------------------- */

/* Whether all objects of the last version are there. 1, 0 or a failure. */
static int
is_whole(struct save *s)
{
	struct gv_track_parts parts = { 0 };
	size_t i;
	int r = gv_track_parts_list(&parts, s->edit.odb, &s->last.tree);

	r = r < 0 ? r : 1;
	for (i = 0; r > 0 && i < parts.n; i++)
		r = gv_track_part_is_here(s->edit.odb, &parts.list[i]);
	gv_track_parts_release(&parts);
	return r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

/* A change of readers makes no new version where the last one was encrypted
 * again for them: two clones that restored the same file would otherwise each
 * save a version of it. 1, 0 or a failure. */
static int
is_new(struct save *s)
{
	int r;

	if (gv_oid_is_zero(&s->last.commit) || !has_same_bytes(s) ||
	    s->is_lost || s->last.seal != s->next.seal)
		return 1;
	if (memcmp(s->last.sealed_for, s->readers, GV_TRACK_SUM) == 0)
		return 0;
	if (gv_safe_keyring(s->safe) == NULL)
		return 1;
	r = gv_track_is_current(s->edit.odb, s->safe, &s->last);
	if (r > 0)
		r = is_whole(s);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		r = 0;
	return r < 0 ? r : !r;
}

/* Who has no id key of the vault makes one up, and its binding proves nothing.
 */
static void
warn_binding(struct save *s)
{
	const unsigned char *key = NULL;

	if (*s->warning ||
	    gv_safe_naming_key(&key, s->safe, s->what->of.env) < 0 || key ||
	    *s->last.bound_by == '\0' || strcmp(s->last.key, s->next.key) == 0)
		return;
	snprintf(s->warning, sizeof(s->warning),
	    "no identity of this host opens the vault's id key, so others "
	    "refuse this version until a member saves it again");
}

static void
tell(struct gv_track_saved *out, struct save *s)
{
	struct gv_track_version *v = out->is_new ? &s->next : &s->last;

	out->version = *v;
	memset(v, 0, sizeof(*v));
	out->new_parts = out->is_new ? s->new_parts : 0;
	memcpy(out->warning, *s->warning ? s->warning : s->info.warning,
	    sizeof(out->warning));
	out->unnoted = s->unnoted;
	s->unnoted = NULL;
	if (out->is_new) {
		out->apart = s->apart;
		s->apart = NULL;
	}
}

static int
save(struct gv_track_saved *out, struct save *s,
    const struct gv_state_source *source)
{
	int r = choose_seal(s, source);

	if (r == 0 && (r = begin(s)) == 0 && (r = read_all(s, source)) == 0)
		r = describe(s);
	if (r < 0)
		return r;
	r = is_new(s);
	if (r < 0)
		return r;
	out->is_new = r > 0;
	r = 0;
	if (out->is_new) {
		warn_binding(s);
		r = guard(s);
	}
	if (r != 0)
		return r;
	if (out->is_new)
		r = publish(s);
	else
		note_alone(s, &s->last);
	if (r < 0)
		return r;
	tell(out, s);
	return 0;
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
	int r = gv_label_check("an environment", what->of.env);

	memset(out, 0, sizeof(*out));
	if (r < 0 || (r = gv_label_check("a stack", what->of.stack)) < 0 ||
	    (r = gv_repo_check_writable(repo)) < 0 ||
	    (r = gv_track_check_new(repo, &what->of)) < 0)
		goto out;
	/* on a host that only saves states nobody else does */
	if ((r = gv_pack_sweep(repo->objects_dir)) < 0)
		goto out;
	r = save(out, &s, source);
out:
	gv_track_batch_release(&s.batch);
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
	gv_track_split_release(&s.split);
	gv_track_rewind_release(&s.rewind);
	gv_buf_release(&s.leaf);
	gv_buf_release(&s.ids);
	free(s.unnoted);
	free(s.apart);
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
	free(saved->apart);
	free(saved->unnoted);
	saved->apart = saved->unnoted = NULL;
}
