#ifndef GV_PARAM_CHECK_H
#define GV_PARAM_CHECK_H
/*
 * Whether configurations are as their sets say: each can be read and merged,
 * is valid by the schemas, and keeps the rules between keys. What the accepted
 * policy asks counts as well as what the present one does.
 *
 *	r = gv_param_check(&report, pool, &query, false);
 *	if (gv_param_verdict(&report) == 0)
 *		…
 *	gv_param_report_release(&report);
 *
 * One cause is one problem: a wrong value of a base that 300 configurations
 * have is named once. No text has a value.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"

struct gv_param_pool;
struct gv_param_query;

enum gv_param_grade {
	GV_PARAM_WRONG,  /* it is not as it should be */
	GV_PARAM_UNSURE, /* it could not be checked */
	GV_PARAM_NOTE,
	GV_PARAM_GRADES
};

/* "error", "unknown", "note". */
extern const char *const gv_param_grades[GV_PARAM_GRADES];

struct gv_param_problem {
	enum gv_param_grade grade;
	const char *check; /* "layer", "schema", "rule" …; static */
	const char *key;   /* a path of keys, or "" */
	const char *file;  /* NULL: none */
	uint32_t line, column;
	const char *text;  /* a sentence */
	const char *where; /* the first configuration that has it */
	size_t n;          /* how many have it */
	size_t last;       /* private: the last of them */
};

/* What was good before: a tree, opened, and how it is called. */
struct gv_param_before {
	struct gv_param_pool *pool;
	const char *name;
};

/* The version of the application that is to be deployed. */
struct gv_param_app {
	const char *service; /* NULL: of all that no other entry names */
	const char *version;
	bool is_used; /* set by the check: it decided something */
};

/* Give the records of an environment that the present schemas have to take as
 * well, the newest first, whose keys are compared, too; borrowed until the next
 * call. 0 or a failure. */
typedef int gv_param_before_fn(
    const struct gv_param_before **out, size_t *n, void *ctx, const char *env);

struct gv_param;

/* A configuration that could be read, while it is open; `version` is that of
 * its application, NULL: unknown. 0 or a failure, which ends the check. */
typedef int gv_param_visit_fn(void *ctx, const struct gv_param *param,
    const struct gv_param_query *query, const char *name, const char *version);

struct gv_param_report {
	int64_t now; /* set before: certificates are held against it; 0: not */
	gv_param_before_fn *before; /* set before; NULL: nothing was */
	void *before_ctx;
	/* set before: versions to check for, in place of those that the
	 * configurations have; borrowed until the check ends */
	struct gv_param_app *apps;
	size_t n_apps;
	gv_param_visit_fn *visit; /* set before; NULL: none */
	void *visit_ctx;
	struct gv_param_problem *items; /* in the order in which they came */
	size_t n, cap;
	size_t n_configs, n_values;
	size_t at; /* the number of the configuration that problems are of */
	size_t n_sealed;     /* values that nobody here can read */
	size_t n_references; /* values that others keep: they were not asked */
	size_t n_rules, n_schemas;
	struct gv_map known; /* what was said, to its number + 1 */
	struct gv_map files; /* the layers that were read */
	struct gv_arena arena;
};

/* Check the configurations that a query stands for: without a service or
 * provider, those of all that the set has; with `all`, of all environments;
 * without a layout, of all sets. 0, whatever was found; GV_ENOTFOUND where
 * there is no configuration, or no such name; GV_ECANCELED, GV_ECORRUPT,
 * GV_ENOMEM, GV_ERROR. Release it in any case. */
int gv_param_check(struct gv_param_report *out, struct gv_param_pool *pool,
    const struct gv_param_query *query, bool all);

/* A command of the team that knows more about a set. */
struct gv_param_command {
	const char *name, *command; /* for sh -c; borrowed from the pool */
	unsigned line; /* in the policy's file; 0: it is not there any more */
	bool is_accepted; /* else it must not run */
};

/* The command of that number; false behind the last. */
bool gv_param_command(struct gv_param_command *out,
    const struct gv_param_pool *pool, const char *set, size_t i);

/* Add a problem; texts are copied. 0 or GV_ENOMEM. */
int gv_param_report_add(
    struct gv_param_report *out, const struct gv_param_problem *problem);

/* Whether a file is a layer of what was checked. */
bool
gv_param_report_has(const struct gv_param_report *report, const char *path);

/* 0: as it should be; 1: not; 3: some could not be checked, and nothing else is
 * wrong. */
int gv_param_verdict(const struct gv_param_report *report);

void gv_param_report_release(struct gv_param_report *report);

#endif
