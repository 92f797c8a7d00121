#ifndef GV_SUMMARY_H
#define GV_SUMMARY_H
/*
 * What a snapshot's meta/ says, in numbers and short lists, for a person to
 * look at.
 *
 *	r = gv_summary_load(&sum, repo, &rec);
 *	… sum.files, sum.skipped[0].reason …
 *	gv_summary_release(&sum);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct gv_record;
struct gv_repo;

/* Two texts, both borrowed from the summary. */
struct gv_summary_pair {
	const char *key; /* a path, or a fixed name */
	size_t key_len;
	const char *value;
};

struct gv_summary_list {
	struct gv_summary_pair *items;
	size_t n, cap;
};

struct gv_summary {
	/* from the manifest: how many of each kind */
	size_t files, directories, links, repositories, sparse;
	struct gv_summary_list skipped;  /* path and reason */
	struct gv_summary_list unstable; /* path, files that kept changing */
	/* from origin/ */
	struct gv_summary_list repository; /* key and value, as written */
	struct gv_summary_list submodules; /* lines, in `value` */
	struct gv_summary_list hooks;      /* names */
	size_t refs;                       /* how many it lists */
	bool has_config;
	bool has_index; /* unmerged entries or flags were kept */
	struct gv_arena arena;
};

/* Read it. 0; GV_ECORRUPT or GV_ENOTFOUND where a part of meta/ is damaged
 * or missing. origin/ may be missing: then its fields are empty. */
int gv_summary_load(
    struct gv_summary *out, struct gv_repo *repo, const struct gv_record *rec);

/* Free; NULL-safe, zeroed struct ok. */
void gv_summary_release(struct gv_summary *sum);

/* Add the lines of origin/repository: a key, then blanks, '=' or ':', then
 * the value; or only the value, where `keys` is false. */
int gv_summary_add_lines(struct gv_summary *sum, struct gv_summary_list *list,
    const char *text, size_t len, bool keys);

#endif
