#ifndef GV_REGISTRY_H
#define GV_REGISTRY_H
/*
 * The projects of a user: the values of vault.project in the user's git
 * configuration, and the repositories below the folders of vault.projectRoot.
 * `git for-each-repo --config=vault.project` works on the same list. What a
 * project is called, and more, may stand next to it in the configuration, as
 * vault.<path>.name: see project.h. Nothing is run in a project to list it.
 *
 *	r = gv_registry_load(&registry);
 *	r = gv_registry_find(&one, &registry, "shop");
 *	gv_registry_release(&registry);
 *
 * A repository's own configuration, which may have come with a copy of it, is
 * not read for any of this.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "repo/config.h"

/* At most that many projects are found below roots, and that many folders
 * looked into for it. */
#define GV_REGISTRY_MAX   2000
#define GV_REGISTRY_LOOKS 100000
#define GV_REGISTRY_DEPTH 4

struct gv_registered {
	const char *path; /* absolute; of a missing one as it is listed */
	const char *key;  /* the path that its settings are stored under */
	const char *was;  /* where it was, if it was moved; NULL */
	const char *id;   /* of one that a root had, and that is gone; NULL */
	const char *name; /* what the user calls it */
	bool is_listed;   /* in vault.project; else found below a root */
	bool is_gone;
	unsigned times; /* how often vault.project lists it */
};

struct gv_registry {
	struct gv_registered *items; /* by name, then path */
	size_t n, cap;
	const char **roots; /* of vault.projectRoot, absolute */
	size_t n_roots, cap_roots;
	bool is_cut; /* a bound ended the search below the roots */
	struct gv_config config;
	/* private */
	size_t looks;
	struct gv_arena arena;
};

/* Read the list and look below the roots. 0; GV_ERROR where git cannot read
 * its configuration; GV_ENOMEM. To be released in any case. */
int gv_registry_load(struct gv_registry *out);

/* Remember which projects with a vault are below roots, so that one which is
 * deleted is named as gone until gv_registry_remove(). No failure tells. */
void gv_registry_remember(const struct gv_registry *registry);

/* Read the user's own configuration of git, and nothing of any repository. 0;
 * GV_ERROR where git cannot read it; GV_ENOMEM. */
int gv_registry_config(struct gv_config *out);

/* A number that changes with the user's files of git configuration, so that who
 * goes on for long knows when to read the list again. Files that these include
 * are not looked at. */
uint64_t gv_registry_stamp(void);

/* The project of a name, a name behind its parent folder ("acme/shop"), or a
 * path. 0; GV_ENOTFOUND, with the nearest name; GV_EUSAGE where several have
 * it, with their paths; GV_ENOMEM. */
int gv_registry_find(const struct gv_registered **out,
    const struct gv_registry *registry, const char *name);

/* The same, where the name may end in a part of the project ("shop/apps/web"),
 * as gv_project_describe() tells them: *part is that, borrowed from the name;
 * NULL where the name is of a whole project. */
int gv_registry_find_part(const struct gv_registered **out, const char **part,
    const struct gv_registry *registry, const char *name);

void gv_registry_release(struct gv_registry *registry);

/* What became of a path that was to be listed. */
enum gv_registry_fate {
	GV_REGISTRY_ADDED,
	GV_REGISTRY_KNOWN, /* it was listed already */
	GV_REGISTRY_MOVED, /* it replaces the path where it was before */
};

/* List the repository that `dir` is in: its top, or the folder of a bare one.
 * *path is that, for the caller to free; *fate what was done, and *was, for the
 * caller to free, the path before a move. 0; GV_EREFUSED with git's reason
 * where git works in no repository there; GV_ERROR; GV_ENOMEM. */
int gv_registry_add(char **path, char **was, enum gv_registry_fate *fate,
    const struct gv_registry *registry, const char *dir);

/* The top of the repository that `dir` is in, where it is not listed, for the
 * caller to free; NULL if it is listed, or `dir` is in none. 0 or GV_ENOMEM. */
int gv_registry_lacks(
    char **top, const struct gv_registry *registry, const char *dir);

/* Take one off the list, with its settings; or forget one that a root had and
 * that is gone. Files stay. 0; GV_EREFUSED for one that only a root leads to;
 * GV_ERROR. */
int gv_registry_remove(
    const struct gv_registry *registry, const struct gv_registered *one);

/* Set a value that the user's configuration has of it, or with NULL take it
 * away: one of gv_project_keys. 0; GV_EUSAGE where there is no such key;
 * GV_ERROR. */
int gv_registry_set(
    const struct gv_registered *one, const char *key, const char *value);

#endif
