#include <string.h>

#include "access/access_judge_internal.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/tree.h"
#include "sys/proc.h"

#define ON "on "

/*
 * An approval is for one change. It says on which commit of the protected
 * branch it was given; where the files of its step were, in any commit since,
 * what it approves, the change was made, and whatever brings the old files back
 * does not bring the approval back. All commits are looked at, not only those
 * that git would list for these files: of a merge it leaves out what is like
 * one of its sides.
 */

void
gv_access_judge_on(
    struct gv_buf *out, const struct gv_oid *base, const char *what)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, base);
	gv_buf_addf(out, ON "%s: %s", hex, what);
}

/* The commit that the target of an approval's event begins with. */
static bool
read_base(struct gv_oid *out, const char *target)
{
	char hex[GV_OID_HEX + 1];

	if (target == NULL || strlen(target) < strlen(ON) + GV_OID_HEX ||
	    strncmp(target, ON, strlen(ON)) != 0)
		return false;
	memcpy(hex, target + strlen(ON), GV_OID_HEX);
	hex[GV_OID_HEX] = '\0';
	return gv_oid_parse(out, hex) == 0;
}

/* 1 where a tree has all governed files as they are before the step, or as it
 * leaves them; 0. */
static int
has_all(struct gv_access_judge *j, const struct gv_oid *tree,
    const struct gv_access_changes *changes, bool before)
{
	const struct gv_oid *want;
	struct gv_oid oid;
	unsigned mode, want_mode;
	size_t i;
	int r;

	for (i = 0; i < changes->n; i++) {
		const struct gv_access_change *c = &changes->items[i];

		if (!c->is_governed)
			continue;
		want = before ? &c->old : &c->new;
		want_mode = before ? c->old_mode : c->new_mode;
		r = gv_tree_find(j->odb, tree, c->path, &mode, &oid);
		if (r < 0 && r != GV_ENOTFOUND)
			return r;
		if (r == GV_ENOTFOUND
			? want_mode != 0
			: want_mode != mode || !gv_oid_equal(want, &oid))
			return 0;
	}
	return 1;
}

static int
look(const char **why, struct gv_access_judge *j,
    const struct gv_access_changes *changes, const char *commits)
{
	struct gv_oid commit, tree;
	const char *p;
	size_t n = 0;
	int r = 0;

	for (p = commits; r == 0 && *p;
	     p += strcspn(p, "\n"), p += *p == '\n') {
		if (gv_oid_parse(&commit, p) < 0)
			continue;
		if (++n > GV_ACCESS_STEPS_MOST) {
			*why = "the branch has more than 20000 commits since "
			       "it was given";
			return 0;
		}
		if ((r = gv_access_judge_tree(&tree, j, &commit)) == 0)
			r = has_all(j, &tree, changes, false);
	}
	if (r > 0)
		*why = "the change that it allowed was made before, and each "
		       "one needs approvals of its own";
	return r < 0 ? r : 0;
}

int
gv_access_judge_spent(const char **why, struct gv_access_judge *j,
    const struct gv_access_result *of, const char *target)
{
	struct gv_proc git = GV_PROC_INIT;
	char *before = gv_err_save();
	struct gv_oid base, tree;
	int r;

	*why = NULL;
	if (!read_base(&base, target)) {
		*why = "it does not say on which commit it was given";
		gv_err_restore(before);
		return 0;
	}
	/* whoever gives it names a commit that the branch has */
	if ((r = gv_access_judge_tree(&tree, j, &base)) == GV_ENOTFOUND) {
		*why = "it was given on a commit that is not here";
		r = 0;
	} else if (r == 0 &&
	    (r = gv_access_judge_list(&git, &base, &of->from,
		 GV_ACCESS_STEPS_MOST + 1, false)) == 0) {
		r = look(why, j, of->changes, git.out.p);
	}
	gv_proc_release(&git);
	return gv_err_settle(r, before);
}

bool
gv_access_judge_is_near(struct gv_access_judge *j,
    const struct gv_access_result *of, const char *target)
{
	char *before = gv_err_save();
	struct gv_oid base, tree;
	bool is = read_base(&base, target) &&
	    gv_access_judge_tree(&tree, j, &base) == 0 &&
	    has_all(j, &tree, of->changes, true) > 0;

	gv_err_restore(before);
	return is;
}
