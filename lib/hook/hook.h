#ifndef GV_HOOK_H
#define GV_HOOK_H
/*
 * Which hooks of git there are for us, where those of a repository stand, and
 * how ours come there and go again. What a hook does is for the commands.
 *
 *	r = gv_hook_install(&report, repo, &choice);
 *	for (i = 0; i < report.n; i++) … report.steps[i]
 *	gv_hook_release(&report);
 *
 * A file that stood there is kept beside ours, as NAME.before-vault, and ours
 * runs it first; taking ours out gives it back its name, so that it is the same
 * file to its times.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

struct gv_repo;

enum gv_hook_side {
	GV_HOOK_CLIENT = 1, /* for who commits */
	GV_HOOK_SERVER = 2, /* for what is pushed to */
};

struct gv_hook {
	const char *name;
	enum gv_hook_side side;
	bool reads;       /* its standard input */
	bool is_optional; /* only where it is asked for by name */
};

/* All of them; a NULL name ends it. */
extern const struct gv_hook gv_hook_all[];

#define GV_HOOK_KEPT ".before-vault"

/* Where a hook stands. */
enum gv_hook_state {
	GV_HOOK_ABSENT,  /* no hook of git-vault, no other */
	GV_HOOK_FOREIGN, /* another's alone */
	GV_HOOK_OURS,    /* ours alone */
	GV_HOOK_CHAINED, /* ours, and another's before it */
	GV_HOOK_MOVED,   /* ours, but another's has taken its place, and runs
			    it or does not: `why` */
};

/* What came of one. */
enum gv_hook_action {
	GV_HOOK_LEFT,    /* nothing was to be done */
	GV_HOOK_ADDED,   /* written, or replaced */
	GV_HOOK_REMOVED, /* taken out, and what was there before is back */
	GV_HOOK_REFUSED, /* not touched: `why` */
};

struct gv_hook_step {
	const struct gv_hook *hook;
	enum gv_hook_state state; /* that it is in now */
	enum gv_hook_action action;
	const char *why;     /* or NULL */
	const char *manager; /* whose the other one is: git-lfs, husky, …; NULL
			      */
};

/* How the programs that serve repositories arrange the hooks of one. */
enum gv_hook_layout {
	GV_HOOK_BY_ITSELF, /* as the folder looks */
	GV_HOOK_PLAIN,     /* hooks/NAME, as git has it */
	GV_HOOK_GITEA,     /* hooks/NAME.d/ with gitea's own beside ours */
	GV_HOOK_GITLAB,    /* custom_hooks/NAME.d/ */
};

/* Words, by the enum; NULL behind the last. */
extern const char *const gv_hook_layouts[];

struct gv_hook_report {
	enum gv_hook_layout layout; /* of those of a server */
	char *dir;                  /* where they are */
	char *where;     /* why nothing is installed there, or NULL */
	bool is_tracked; /* the folder is in the working tree */
	char *own;       /* where git-vault's are, which husky's run; or
			    NULL: there is no husky */
	struct gv_hook_step *steps;
	size_t n, cap;
	struct gv_arena arena;
};

/* What is asked for. */
struct gv_hook_choice {
	unsigned side; /* GV_HOOK_CLIENT, GV_HOOK_SERVER, or both of them */
	enum gv_hook_layout layout;
	const char *const *only; /* names, of whatever side; none: all of the
				    side, to install but the optional ones */
	size_t n_only;
	const char *stub;    /* text of the hook, @NAME@ and so on in it */
	const char *program; /* absolute path of git-vault */
	/* of a Subversion server: the working copy that its hook brings up to
	 * date, and the folder where settings are then; NULL elsewhere */
	const char *copy, *home;
};

/* The hook of that name, or NULL. */
const struct gv_hook *gv_hook_find(const char *name);

/* Which hooks a repository needs by itself: a bare one is pushed to. */
enum gv_hook_side gv_hook_side_of(const struct gv_repo *repo);

/* Look at all that there are, but those of the other side that are not ours; a
 * folder that cannot be read has none. 0 or GV_ENOMEM. */
int gv_hook_look(struct gv_hook_report *out, struct gv_repo *repo);

/* Look into the folder that git takes hooks from by itself, where it was sent
 * elsewhere; no steps where it was not. As above. */
int gv_hook_look_left(struct gv_hook_report *out, struct gv_repo *repo);

/* Append the paths of files that a change of hooks left in the folder of the
 * report when it was killed, a NUL behind each; none where that is not to be
 * written. The next change removes them. 0 or GV_ENOMEM. (hook_left.c) */
int gv_hook_left(struct gv_buf *paths, struct gv_hook_report *report);

/* Append the tops of working trees of the repository in which no vault hook
 * runs, though one does in another of them, a NUL behind each: core.hooksPath
 * is relative, so that each has a folder of its own. 0 or a failure.
 * (hook_tree.c) */
int gv_hook_without(struct gv_buf *tops, const struct gv_hook_report *report,
    const struct gv_repo *repo);

/* Install the hooks that are asked for; an existing one is replaced if it is
 * not the same. 0, whatever came of each; GV_EUSAGE for a name that there is
 * not; GV_EREFUSED where the folder is not this repository's own or cannot be
 * written, with what the user may do, and inside a push's quarantine; GV_ERROR.
 */
int gv_hook_install(struct gv_hook_report *out, struct gv_repo *repo,
    const struct gv_hook_choice *choice);

/* Take out those that are asked for and there. As above, also inside a push's
 * quarantine. */
int gv_hook_uninstall(struct gv_hook_report *out, struct gv_repo *repo,
    const struct gv_hook_choice *choice);

/* Free; NULL-safe. The caller releases a report also where it failed. */
void gv_hook_release(struct gv_hook_report *report);

#endif
