#ifndef GV_PRUNE_INTERNAL_H
#define GV_PRUNE_INTERNAL_H
/*
 * What the files of pruning share; nobody else includes it.
 *
 *	prune.c		snapshots
 *	prune_rules.c	where the rules come from
 *	prune_own.c	what does not go without somebody who asks
 *	prune_sealed.c	the sealed values that they leave
 *	prune_scope.c	what a scope has
 */

#include "base/arena.h"
#include "base/map.h"
#include "crypto/digest.h"
#include "retention/prune.h"
#include "vault/ledger.h"

struct gv_odb;
struct gv_policy;
struct gv_policy_rules;
struct gv_repo;

/* Rules of the command line replace those of the policy, which replace the
 * default. *source is where they come from, static. 0; GV_EUSAGE for a rule
 * that does not exist, or where nothing would be kept by any; GV_ENOMEM. */
int gv_prune_find_rules(struct gv_policy_rules *out, const char **source,
    const struct gv_policy *policy, const struct gv_prune_opts *opts);

/* Whether nobody named rules, or only for some triggers. */
bool gv_prune_is_default(const char *source);

/* Of what is to go keep what another clone took, unless it is a pipeline's, and
 * what the policy in its own tree would keep: a snapshot
 * without one by the default, and one whose policy cannot be read, or that is
 * one of too many, in any case. 0; GV_ENOMEM; GV_ECANCELED. */
int gv_prune_own(struct gv_prune *prune, struct gv_repo *repo,
    const struct gv_retention_clock *clock);

/* What a scope has under an id. */
struct gv_prune_item {
	struct gv_digest id;
	struct gv_oid object; /* of the sealed value; zero: none */
	struct gv_digest next;
	bool is_tree, has_next;
	bool is_part; /* a chunk of larger values, maybe of nothing else */
	bool stays;
};

struct gv_prune_scope {
	const char *ref, *name;
	struct gv_ledger ledger;
	struct gv_prune_item *items; /* by id */
	size_t n, cap, n_open;
	struct gv_map by_id; /* to the item; filled once all are there */
	struct gv_arena arena;
};

/* Read a scope whose ref is at `tip`; what nobody needs snapshots for to keep
 * stays already. n_open counts those that only a snapshot keeps. 0 or a
 * failure. The caller releases it in any case. */
int gv_prune_scope_load(struct gv_prune_scope *s, struct gv_odb *odb,
    const struct gv_oid *tip, int64_t before);

/* A snapshot names a value. */
void gv_prune_scope_name(struct gv_prune_scope *s, const struct gv_digest *id);

/* All are named: what belongs to those that stay does too. 0 or a failure. */
int gv_prune_scope_settle(struct gv_prune_scope *s, struct gv_odb *odb);

/* Whether a value goes. */
bool gv_prune_item_goes(const struct gv_prune_item *item);

/* The step that lets go of them, and all commits of the scope in `old`, ids in
 * a row. 0 or a failure. */
int gv_prune_scope_write(
    struct gv_prune_scope *s, struct gv_ledger_edit *edit, struct gv_buf *old);

void gv_prune_scope_release(struct gv_prune_scope *s);

/* Find the sealed values that no snapshot names, in the trash or not, and drop
 * them, unless out->is_dry. What keeps it from that is in out->sealed.why. 0;
 * GV_ECANCELED; GV_ENOMEM; of a dry run GV_ERROR. */
int gv_prune_sealed_run(struct gv_prune *out, struct gv_repo *repo,
    const struct gv_prune_opts *opts);

void gv_prune_sealed_release(struct gv_prune_sealed *sealed);

#endif
