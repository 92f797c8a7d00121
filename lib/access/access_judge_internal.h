#ifndef GV_ACCESS_JUDGE_INTERNAL_H
#define GV_ACCESS_JUDGE_INTERNAL_H
/*
 * What the files of access_judge.h share: access_judge.c judges one step,
 * access_judge_move.c finds the steps of a move. Include it nowhere else.
 */

#include "access/access_ask.h"
#include "access/access_judge.h"
#include "audit/audit.h"

struct gv_odb;
struct gv_proc;
struct gv_zone;

struct gv_access_judge {
	struct gv_repo *repo;
	struct gv_odb *odb;
	struct gv_access_judge_opts opts;
	const char *head_ref; /* as in the opts; NULL: there is none */
	struct gv_oid head;
	struct gv_access_who who;
	struct gv_zone *zone;
	/* the policy of a commit, which most that follow it have, too */
	struct gv_policy policy;
	struct gv_oid policy_of;
	struct gv_buf unread; /* why `policy` is not that of the commit, a
				 line; empty: it is */
	int has_policy;
	/* what is accepted here, once it was asked for */
	struct gv_access_ask ask;
	bool has_ask;
};

struct gv_access_move {
	const char *ref;
	struct gv_oid from, to; /* commits */
	bool is_whole;
};

/* Names of who signed commits; free(names). */
struct gv_access_authors {
	const char **names;
	size_t n, cap;
	bool has_own; /* the user of this clone wrote one of the commits, as Git
			 names authors; for judges of a viewer */
};

/* The tree of a commit; zero for none. */
int gv_access_judge_tree(
    struct gv_oid *out, struct gv_access_judge *j, const struct gv_oid *commit);

/* The commits that `to` has and `from` does not, the newest first, a line each
 * in git->out, at most `most`. 0 or GV_ERROR. */
int gv_access_judge_list(struct gv_proc *git, const struct gv_oid *from,
    const struct gv_oid *to, unsigned most, bool is_line);

/* Whether an approval of a step, by the target of its event, allows it no
 * longer: *why (static; NULL: it does) says why. 0; failures to read. */
int gv_access_judge_spent(const char **why, struct gv_access_judge *j,
    const struct gv_access_result *of, const char *target);

/* Whether an approval of another content, by the target of its event, may have
 * been given for what the step changes: no commit of the branch has changed
 * these files since. Failures: false. */
bool gv_access_judge_is_near(struct gv_access_judge *j,
    const struct gv_access_result *of, const char *target);

/* Who has signed what a step brings: all commits that are in `to` and not in
 * `from`. */
int gv_access_judge_authors(struct gv_access_authors *out,
    struct gv_access_judge *j, const struct gv_oid *from,
    const struct gv_oid *to);

/* Report the policy that a step leaves behind where nobody could read it: what
 * is law has to stay readable. */
int
gv_access_judge_law(struct gv_access_judge *j, const struct gv_access_move *m,
    const struct gv_policy *policy, const struct gv_access_changes *changes,
    gv_access_result_fn *fn, void *ctx);

/* Hold the rules of a policy against a step. */
int
gv_access_judge_step(struct gv_access_judge *j, const struct gv_access_move *m,
    const struct gv_policy *policy, gv_access_result_fn *fn, void *ctx);

#endif
