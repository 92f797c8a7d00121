#ifndef COMPONENT_H
#define COMPONENT_H
/*
 * What the verbs of `git vault component` share, with `git vault snapshot
 * --components`.
 */

#include <stdbool.h>
#include <stddef.h>

#include "git-vault/front/opt.h"

struct gv_ctx;
struct gv_json;
struct gv_component_record;
struct gv_component_ran;
struct gv_odb;
struct gv_policy;
struct gv_ref;
struct gv_refs;
struct gv_safe;
struct gv_policy_component;

struct gv_component_opts {
	const char *env, *label, *point, *mode, *to, *into, *reason;
	bool all, yes;
	struct gv_opt_list identities;
};

int gv_component_cmd_list(struct gv_ctx *ctx, int argc, char **argv);
int gv_component_cmd_run(struct gv_ctx *ctx, int argc, char **argv);
int gv_component_cmd_verify(struct gv_ctx *ctx, int argc, char **argv);
int gv_component_cmd_restore(struct gv_ctx *ctx, int argc, char **argv);
int gv_component_cmd_drill(struct gv_ctx *ctx, int argc, char **argv);

/* Dump the components of these names, all if there is none, and print each. 0;
 * 3 where one failed; a failure. For `snapshot --components` too. */
int gv_component_run_all(struct gv_ctx *ctx, const struct gv_policy *policy,
    const char *const *names, size_t n, const struct gv_component_opts *o);

/* The refs of the dumps of a component, the oldest first, whatever environment
 * it is of: GV_ENOTFOUND with the known names, GV_EUSAGE where several
 * environments have it and --env is missing. */
int gv_component_find(
    struct gv_refs *out, struct gv_ctx *ctx, const char *name, const char *env);

/* Whether this is the newest dump of its component that no restore made of what
 * it replaced. One that cannot be read counts as a dump. 0; GV_ENOMEM. */
int gv_component_is_newest(
    bool *is, struct gv_odb *odb, const struct gv_refs *refs, size_t i);

/* The dump that `id` names (NULL: the newest with the label of --label, if that
 * is given, else the newest that is no safety dump; what is no dump is reported
 * and passed over). 0; GV_ENOTFOUND. */
int gv_component_pick(const struct gv_ref **out, struct gv_ctx *ctx,
    const struct gv_refs *refs, const char *name, const char *id);

/* Print the dumps that are not encrypted for today's readers, which no command
 * encrypts again; where the newest is among them, with the command that makes
 * one for them. Does not fail: what it cannot find out it reports. */
void gv_component_tell_shut(struct gv_ctx *ctx, struct gv_safe *safe);

/* The members that all documents have of a dump. */
void
gv_component_json(struct gv_json *j, const struct gv_component_record *record);

/* "whole", "delta". */
const char *gv_component_stored_as(const struct gv_component_record *record);

#endif
