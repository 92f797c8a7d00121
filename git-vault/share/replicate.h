#ifndef REPLICATE_H
#define REPLICATE_H
/*
 * What the files of `git vault replicate` share.
 *
 *	cmd_replicate.c		verbs and options
 *	replicate_push.c	push
 *	replicate_target.c	add, remove, list
 *	replicate_look.c	status, verify
 *	replicate_restore.c	restore
 *	replicate_prune.c	prune
 */

#include <stdbool.h>
#include <stdint.h>

#include "git-vault/front/opt.h"

struct gv_ctx;
struct gv_json;
struct gv_replica;
struct gv_replica_faults;
struct gv_target;

struct replicate_opts {
	struct gv_opt_list identities, signers, allow;
	const char *region, *endpoint, *ca, *profile, *sse, *sse_key;
	const char *storage_class, *lock_mode, *host, *at, *grace;
	const char *limit;
	int64_t lock_days, rate, share;
	int level;
	bool encrypt, bundles, bare, dry_run, whole, offline, no_fold;
	bool is_auto, verify;
};

int gv_replicate_add(struct gv_ctx *ctx, int argc, char **argv);
int gv_replicate_remove(struct gv_ctx *ctx, int argc, char **argv);
int gv_replicate_list(struct gv_ctx *ctx, int argc, char **argv);
int gv_replicate_push(struct gv_ctx *ctx, int argc, char **argv);
int gv_replicate_push_one(
    struct gv_ctx *ctx, struct gv_replica *rep, const struct gv_target *target);
int gv_replicate_status(struct gv_ctx *ctx, int argc, char **argv);
int gv_replicate_status_one(
    struct gv_ctx *ctx, struct gv_replica *rep, const struct gv_target *target);
int gv_replicate_verify(struct gv_ctx *ctx, int argc, char **argv);
int gv_replicate_restore(struct gv_ctx *ctx, int argc, char **argv);
int gv_replicate_prune(struct gv_ctx *ctx, int argc, char **argv);

/* Call fn for each target that is named, or for all; each is open meanwhile.
 * What one returns is its exit status, or a failure: that is printed, and the
 * others go on. 0; the highest status; 3 where some failed; the failure where
 * all did; GV_ENOTFOUND for an unknown name, and where there is no target for
 * anything but its status. */
int gv_replicate_each(struct gv_ctx *ctx, int argc, char **argv,
    int (*fn)(struct gv_ctx *ctx, struct gv_replica *rep,
	const struct gv_target *target));

/* What the options say about a store, apart from its name and address. */
void gv_replicate_fill(struct gv_target *out, const struct replicate_opts *o);

/* Tell what is wrong with a store: a line each, or "faults" of a document. */
void
gv_replicate_faults(struct gv_ctx *ctx, const struct gv_replica_faults *faults);
void gv_replicate_faults_json(
    struct gv_json *j, const struct gv_replica_faults *faults);

#endif
