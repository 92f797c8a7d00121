#ifndef GV_PRUNE_INTERNAL_H
#define GV_PRUNE_INTERNAL_H
/*
 * Shared by the files that prune; nobody else includes it.
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

/* Choose the rules: those of the command line, else those of the policy, else
 * the default. *source says which, as a static text. 0; GV_EUSAGE for a rule
 * that does not exist, or if the rules keep nothing; GV_ENOMEM. */
int gv_prune_find_rules(struct gv_policy_rules *out, const char **source,
    const struct gv_policy *policy, const struct gv_prune_opts *opts);

/* Whether the rules, or some of them, are the default. */
bool gv_prune_is_default(const char *source);

/* Keep some of the snapshots that are about to go: those of other clones except
 * pipelines, and those that the policy in their own tree would keep. Without a
 * policy in the tree the default decides. A snapshot whose policy cannot be
 * read is kept, and so is one if there are too many policies. 0; GV_ENOMEM;
 * GV_ECANCELED. */
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
