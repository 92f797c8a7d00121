#ifndef GV_TRACK_INTERNAL_H
#define GV_TRACK_INTERNAL_H
/* What the parts of track share: commits of versions, and the trees that parts
 * and leaves are kept in. */

#include "base/buf.h"
#include "crypto/secret.h"
#include "repo/oid.h"
#include "state/track.h"
#include "sys/workers.h"
#include "toolstate/state.h"

struct gv_identity;
struct gv_ledger_edit;
struct gv_map;
struct gv_odb;
struct gv_pack_lane;
struct gv_safe;
struct gv_seal;
struct gv_seal_claim;
struct gv_seal_reader;
struct gv_tree_entry;

#define GV_TRACK_FORMAT 3         /* the only one that was released */
#define GV_TRACK_PARTS  0x100000u /* that a version has at most */

/* ---- track_commit.c ---- */

/* Append the text of a version's commit, bound by the id key. 0; GV_EUSAGE
 * where it is longer than can be read; GV_ENOMEM. */
int gv_track_commit_format(struct gv_buf *out, const struct gv_repo *repo,
    const struct gv_track_version *v, const unsigned char *key);

/* Read such a text; `commit` stays zero. 0; GV_ECORRUPT; GV_EREFUSED for a
 * newer format; GV_ENOMEM. */
int
gv_track_commit_parse(struct gv_track_version *out, const void *data, size_t n);

/* Read the commit. The same, and GV_ENOTFOUND. */
int gv_track_load(struct gv_track_version *out, struct gv_odb *odb,
    const struct gv_oid *commit);

/* The same of a version of this state: GV_ECORRUPT for that of another one. */
int gv_track_load_of(struct gv_track_version *out, struct gv_odb *odb,
    const struct gv_oid *commit, const struct gv_track_of *of);

/* ---- track_log.c ---- */

/* Append the full name of its ref. */
void gv_track_ref(struct gv_buf *out, const struct gv_track_of *of);

/* The newest version; zero where there is none. 0 or a failure. */
int gv_track_tip(struct gv_oid *out, const struct gv_repo *repo,
    const struct gv_track_of *of);

/* The same where there must be one: else GV_ENOTFOUND. */
int gv_track_need_tip(struct gv_oid *out, const struct gv_repo *repo,
    const struct gv_track_of *of);

/* 0 or GV_ENOMEM. */
int gv_track_version_copy(
    struct gv_track_version *out, const struct gv_track_version *v);

/* ---- track_groups.c ---- */

/* As gv_state_run(), but fn() is called on another thread, in order, while the
 * state is read on; a failure of either ends both. */
int gv_track_groups(struct gv_state_info *out,
    const struct gv_state_source *source, gv_state_fn *fn, void *ctx);

/* ---- track_kept.c ---- */

/* A group with all that it speaks of, in memory of its own. */
struct gv_track_kept {
	struct gv_state_group group;
	struct gv_secret text;
	struct gv_state_item *items;
	struct gv_state_attribute *attributes;
	const char **needs;
	size_t cap_items, cap_attributes, cap_needs;
};

/* Keep a group in the place of what it has; zeroed before the first. 0 or
 * GV_ENOMEM, and then nothing in it is to be looked at. */
int
gv_track_kept_put(struct gv_track_kept *k, const struct gv_state_group *group);

/* Wipes; zeroed ok. */
void gv_track_kept_release(struct gv_track_kept *k);

/* ---- track_compare.c ---- */

/* Whether an attribute of this name is what a thing is known by. */
bool gv_track_is_identity(const char *name);

/* ---- track_hash.c ---- */

/* The SHA-256 of a state while it is read: by a thread of its own, where there
 * is a processor for it. */
struct gv_track_hash {
	struct gv_secret sha;       /* it holds what does not fill a block */
	struct gv_secret shares[2]; /* one is filled, the other is hashed */
	int filled;
	bool is_shared;
	uint64_t alone; /* bytes that were hashed at once */
	struct gv_workers workers;
};

/* 0 or GV_ENOMEM; zeroed before. */
int gv_track_hash_init(struct gv_track_hash *h);

/* 0 or GV_ENOMEM. */
int gv_track_hash_add(struct gv_track_hash *h, const void *data, size_t len);

void gv_track_hash_finish(struct gv_track_hash *h, unsigned char out[32]);

/* Wipes; zeroed ok. */
void gv_track_hash_release(struct gv_track_hash *h);

/* ---- track_note.c ---- */

/* Have the note of the commit that the version was applied from say so, in the
 * edit that the version is part of. 1; 0 where there is nothing to do; as
 * gv_note_add(). */
int gv_track_note_add(
    struct gv_ledger_edit *edit, const struct gv_track_version *v);

/* The same of a version that is there. 0; as gv_note_put(). */
int gv_track_note_put(
    struct gv_repo *repo, const struct gv_track_version *v, int64_t now);

/* ---- track_part.c ---- */

/* How a part is kept; what is larger than GV_SEAL_WHOLE, as a tree of chunks.
 */
enum gv_track_kind {
	GV_TRACK_SEALED,
	GV_TRACK_CHUNKS,
	GV_TRACK_CLEAR,
	GV_TRACK_CLEAR_CHUNKS,
	GV_TRACK_SPLIT, /* what anybody may see, and the rest, sealed */
};

/* A part of a version as it is kept. */
struct gv_track_part {
	enum gv_track_kind kind;
	struct gv_oid object; /* a blob, or a tree */
	struct gv_oid leaf;
	struct gv_digest id; /* what the leaf says of it */
	uint64_t size;
	unsigned ends; /* levels that end before it */
	/* the whole part, encrypted again after the version was saved; or zero
	 */
	struct gv_oid again;
};

/* What stands behind its place in its name, and its mode in a tree; what these
 * say, 0 or GV_ECORRUPT. */
const char *gv_track_part_suffix(enum gv_track_kind kind);
unsigned gv_track_part_mode(enum gv_track_kind kind);
int gv_track_part_kind(enum gv_track_kind *out, const struct gv_tree_entry *e);

/* Whether anybody may see all of it. */
bool gv_track_part_is_clear(enum gv_track_kind kind);

/* Whether all of its objects are here: 1, 0, or a failure. */
int gv_track_part_is_here(struct gv_odb *odb, const struct gv_track_part *part);

/* What of it is sealed: 1, a file of age or a tree of such; 0, nothing;
 * GV_ECORRUPT where it is split and that is missing; a failure. */
int gv_track_part_sealed(
    struct gv_oid *out, struct gv_odb *odb, const struct gv_track_part *part);

/* Keep one that is in clear. 0 or a failure. */
int gv_track_part_put(struct gv_track_part *part, struct gv_pack_lane *lane,
    const char *text, size_t len);

/* Keep one that is split, whose halves are kept. 0 or a failure. */
int gv_track_part_join(struct gv_track_part *part, struct gv_pack_lane *lane,
    const struct gv_oid *clear, const struct gv_oid *spans);

/* Append a part's bytes. Of the claim the id is not looked at. As
 * gv_seal_read(). */
int gv_track_part_open(struct gv_secret *out, struct gv_seal_reader *open,
    struct gv_odb *odb, const struct gv_track_part *part,
    const struct gv_seal_claim *claim);

/* ---- track_tree.c ---- */

#define GV_TRACK_LEVELS 3
#define GV_TRACK_NAME   6 /* digits of a name in a tree, and the NUL */

/* Trees of three levels while they are built; names say the place and begin
 * at 0 in each. Zeroed is empty. */
struct gv_track_tree {
	struct gv_buf level[GV_TRACK_LEVELS]; /* raw trees, the lowest first */
	uint32_t n[GV_TRACK_LEVELS];
	struct gv_pack_lane *lane;
	const struct gv_map *known; /* by their ids: those that are there */
};

/* Add what comes next, before which this many levels end. 0; GV_EREFUSED where
 * there are too many; a failure. */
int gv_track_tree_add(struct gv_track_tree *t, unsigned ends,
    enum gv_track_kind kind, const struct gv_oid *oid);

/* All is in: the whole tree. */
int gv_track_tree_finish(struct gv_track_tree *t, struct gv_oid *out);

/* NULL-safe, zeroed ok. */
void gv_track_tree_release(struct gv_track_tree *t);

/* Visit what such a tree holds, in order; a tree that stands in the lowest
 * level is given as one thing. tree(ctx, oid), which may be NULL, is given each
 * tree of the levels. More than any version has are GV_ECORRUPT. `name` is
 * "parts" or "index". 0; their negative value; GV_ECORRUPT; GV_ENOTFOUND. */
int gv_track_tree_each(struct gv_odb *odb, const struct gv_oid *root,
    const char *name, int (*fn)(void *ctx, const struct gv_tree_entry *e),
    int (*tree)(void *ctx, const struct gv_oid *oid), void *ctx);

/* ---- track_parts.c ---- */

struct gv_track_parts {
	struct gv_track_part *list; /* in order */
	size_t n, cap;
	struct gv_oid *trees; /* of the levels, of parts and leaves */
	size_t n_trees, cap_trees;
};

/* List the parts of a version's tree; their ids, sizes and where levels end are
 * not known yet. 0; GV_ECORRUPT; GV_ENOTFOUND; GV_ENOMEM. */
int gv_track_parts_list(
    struct gv_track_parts *out, struct gv_odb *odb, const struct gv_oid *root);

/* Have their ids and sizes, of their leaves. The same. */
int gv_track_parts_name(struct gv_track_parts *parts, struct gv_odb *odb);

/* The same of one part. */
int gv_track_part_name(struct gv_track_part *part, struct gv_odb *odb);

/* Let parts that are named also know the objects that the scope of their
 * environment has for them: those that were encrypted again for the present
 * readers. 0; GV_ECORRUPT; GV_ENOMEM. The second is for a single part. */
int gv_track_parts_again(
    struct gv_track_parts *parts, struct gv_safe *safe, const char *env);
int gv_track_part_again(
    struct gv_track_part *part, struct gv_safe *safe, const char *env);

/* NULL-safe, zeroed ok. */
void gv_track_parts_release(struct gv_track_parts *parts);

/* ---- track_ahead.c ---- */

/* Parts that are opened one after the other, some ahead of the caller. */
struct gv_track_ahead;

/* Of the claim, what they were named by, the id is not looked at; without a key
 * nobody knows whether it is they. All of it must outlive it. 0 or GV_ENOMEM.
 */
int gv_track_ahead_new(struct gv_track_ahead **out, struct gv_odb *odb,
    const struct gv_identity *const *with, size_t n,
    const struct gv_track_parts *parts, const struct gv_seal_claim *claim);

/* The next part: 1 with its bytes, which last until the next call; 0 behind the
 * last; as gv_seal_read(). */
int
gv_track_ahead_next(struct gv_track_ahead *a, const void **data, size_t *len);

/* NULL-safe; wipes. */
void gv_track_ahead_free(struct gv_track_ahead *a);

/* ---- track_sum.c ---- */

/* What the file `sum` of a version says once it is open: SHA-256 and size of
 * the state. */
struct gv_track_sum {
	unsigned char sha256[32];
	uint64_t size;
};

/* Seal it. *out is the object, and *id its id, which the version's tree has as
 * `sum.id`. 0 or a failure. */
int gv_track_sum_seal(struct gv_oid *out, struct gv_digest *id,
    const struct gv_seal *how, const struct gv_track_sum *sum);

/* Write the id as text, for the file sum.id. 0 or a failure. */
int gv_track_sum_put_id(
    struct gv_oid *out, struct gv_pack_lane *lane, const struct gv_digest *id);

/* Keep it in clear, of a state that is so. The same. */
int gv_track_sum_put(struct gv_oid *out, struct gv_pack_lane *lane,
    const struct gv_track_sum *sum);

/* Read the id of a version's sum: 1; 0 if it has none; GV_ECORRUPT; a failure.
 */
int gv_track_sum_id(struct gv_digest *out, struct gv_odb *odb,
    const struct gv_track_version *v);

/* Open the sum of a version: the one in the scope of its environment if there
 * is one (with `safe` NULL it is not asked), else the version's own. 0;
 * GV_ENOKEY; GV_ECORRUPT; GV_ENOTFOUND. */
int gv_track_sum_open(struct gv_track_sum *out, struct gv_odb *odb,
    struct gv_seal_reader *reader, const struct gv_track_version *v,
    struct gv_safe *safe);

/* The text of the sum, to be encrypted again. The same results. */
int gv_track_sum_text(struct gv_secret *out, struct gv_odb *odb,
    struct gv_seal_reader *reader, const struct gv_track_version *v,
    const struct gv_seal_claim *claim);

/* ---- track_read.c ---- */

/* The key of ids that a version was named by, which is the safe's; NULL in *out
 * where the safe has another one, or none. 0 or a failure. */
int gv_track_naming_key(const unsigned char **out, struct gv_safe *safe,
    const struct gv_track_version *v);

/* Say of which version a failure is, where it is about what is kept. `r`. */
int gv_track_in_version(const struct gv_track_version *v, int r);

/* ---- track_reseal.c ---- */

/* Whether the present readers of the state can open a version: it was saved for
 * them, or encrypted again since. There must be a keyring. 1, 0 or a failure.
 */
int gv_track_is_current(
    struct gv_odb *odb, struct gv_safe *safe, const struct gv_track_version *v);

/* ---- track_guard.c ---- */

/* A version to save, and those before it. */
struct gv_track_guard {
	const struct gv_track_version *last, *next;
	/* the newest whole version, or NULL */
	const struct gv_track_version *good;
	/* readers refuse the last version */
	bool is_refused;
	bool wants_whole; /* as in gv_track_what */
};

/* Why the next version must not follow the others unless it is forced, as a
 * sentence in `text`; NULL if it may. */
const char *
gv_track_object(const struct gv_track_guard *guard, struct gv_buf *text);

/* Whether two versions have the same bytes. Those that were named by different
 * keys cannot be compared. */
bool gv_track_is_same(
    const struct gv_track_version *a, const struct gv_track_version *b);

#endif
