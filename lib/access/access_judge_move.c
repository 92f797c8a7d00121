#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/access_judge_internal.h"
#include "audit/receipt_commit.h"
#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "policy/team.h"
#include "repo/repo.h"
#include "sys/proc.h"
#include "vault/author.h"
#include "vault/ledger.h"

#define AUTHORS_MOST 10000 /* commits of one step that are looked at */

/* Refs below refs/replace/ can be pushed, and would have git see another
 * history than the one that comes. */
static const char *const as_it_is[] = { "GIT_NO_REPLACE_OBJECTS=1", NULL };

/* ---- commits ------------------------------------------------------------- */

int
gv_access_judge_tree(
    struct gv_oid *out, struct gv_access_judge *j, const struct gv_oid *commit)
{
	struct gv_ledger at;
	int r;

	memset(out, 0, sizeof(*out));
	if (gv_oid_is_zero(commit))
		return 0;
	if ((r = gv_ledger_load(&at, j->odb, commit)) == 0)
		*out = at.tree;
	return r;
}

/* The first parent of a commit (zero: it has none), and how many it has. */
static int
find_parent(struct gv_oid *out, unsigned *n, struct gv_access_judge *j,
    const struct gv_oid *commit)
{
	struct gv_receipt_commit c = GV_RECEIPT_COMMIT_INIT;
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(j->odb, &obj, commit, GV_OTYPE_COMMIT);

	if (r == 0)
		r = gv_receipt_commit_parse(
		    &c, (const char *)obj.data, obj.len);
	*out = c.parent;
	*n = c.n_parents;
	gv_receipt_commit_release(&c);
	gv_object_release(&obj);
	return r;
}

int
gv_access_judge_list(struct gv_proc *git, const struct gv_oid *from,
    const struct gv_oid *to, unsigned most, bool is_line)
{
	char a[GV_OID_HEX + 2], b[GV_OID_HEX + 1], max[32];
	const char *const argv[] = { "git", "rev-list", max,
		is_line ? "--first-parent" : "--date-order", b,
		gv_oid_is_zero(from) ? "--" : a, NULL };
	int r;

	a[0] = '^';
	gv_oid_format(a + 1, from);
	gv_oid_format(b, to);
	(void)snprintf(max, sizeof(max), "--max-count=%u", most);
	r = gv_proc_run(
	    git, &(struct gv_proc_opts){ .argv = argv, .env = as_it_is });
	return r == 0 && git->status
	    ? gv_err(GV_ERROR, "git rev-list: %s", gv_proc_why(git))
	    : r;
}

static int
add_author(struct gv_access_authors *out, const char *name)
{
	size_t i;

	for (i = 0; i < out->n; i++)
		if (strcmp(out->names[i], name) == 0)
			return 0;
	if (GV_GROW(out->names, out->n, out->cap) < 0)
		return gv_err_nomem();
	out->names[out->n++] = name;
	return 0;
}

/* Whether Git names the user of this clone as the author of a commit. That is
 * no proof, and decides nothing but what a viewer sees. */
static int
note_own(struct gv_access_authors *out, struct gv_access_judge *j,
    const struct gv_oid *commit)
{
	struct gv_buf own = GV_BUF_INIT;
	struct gv_object obj = { 0 };
	const char *mail, *line;
	int r;

	if (!j->opts.is_viewer || out->has_own)
		return 0;
	gv_author_add_name(&own, j->repo);
	if ((r = gv_buf_check(&own)) < 0 ||
	    (r = gv_odb_read_type(j->odb, &obj, commit, GV_OTYPE_COMMIT)) < 0)
		goto out;
	mail = strrchr(own.p, '<');
	line = memmem(obj.data, obj.len, "\nauthor ", 8);
	if (mail && line) {
		const char *end = memchr(line + 1, '\n',
		    (size_t)((const char *)obj.data + obj.len - line - 1));

		out->has_own = end &&
		    memmem(line, (size_t)(end - line), mail, strlen(mail));
	}
out:
	gv_object_release(&obj);
	gv_buf_release(&own);
	return r;
}

static int
add_signer(struct gv_access_authors *out, struct gv_access_judge *j,
    const struct gv_oid *commit)
{
	const char *name;
	int r = gv_access_who_signed(&name, &j->who, j->odb, commit);

	if (r == 0)
		r = note_own(out, j, commit);
	return r == 0 && name ? add_author(out, name) : r;
}

/* Of what is left out could be one whose approval counts then. */
static int
add_all(struct gv_access_authors *out, struct gv_access_judge *j,
    const struct gv_oid *from, const struct gv_oid *to)
{
	struct gv_proc git = GV_PROC_INIT;
	struct gv_oid commit;
	const char *line;
	size_t n = 0;
	int r = gv_access_judge_list(&git, from, to, AUTHORS_MOST + 1, false);

	for (line = git.out.p; r == 0 && line && *line;
	     line += strcspn(line, "\n"), line += *line == '\n') {
		if (++n > AUTHORS_MOST)
			r = gv_err(GV_EREFUSED,
			    "one step of a protected branch brings more than "
			    "%d commits, of which nobody looks for authors; "
			    "push fewer at a time",
			    AUTHORS_MOST);
		else if (gv_oid_parse(&commit, line) == 0)
			r = add_signer(out, j, &commit);
	}
	gv_proc_release(&git);
	return r;
}

int
gv_access_judge_authors(struct gv_access_authors *out,
    struct gv_access_judge *j, const struct gv_oid *from,
    const struct gv_oid *to)
{
	struct gv_oid parent;
	unsigned n;
	int r = find_parent(&parent, &n, j, to);

	if (r < 0)
		return r;
	return n == 1 && gv_oid_equal(&parent, from)
	    ? add_signer(out, j, to)
	    : add_all(out, j, from, to);
}

/* Whether the old commit is in the new one. */
static int
is_forward(bool *out, const struct gv_oid *old, const struct gv_oid *now)
{
	char a[GV_OID_HEX + 1], b[GV_OID_HEX + 1];
	const char *const argv[] = { "git", "merge-base", "--is-ancestor", a, b,
		NULL };
	struct gv_proc git = GV_PROC_INIT;
	int r;

	gv_oid_format(a, old);
	gv_oid_format(b, now);
	r = gv_proc_run(
	    &git, &(struct gv_proc_opts){ .argv = argv, .env = as_it_is });
	*out = r == 0 && git.status == 0;
	gv_proc_release(&git);
	return r;
}

/* ---- policies ------------------------------------------------------------ */

/* What counts where nobody has accepted rules either: whatever those of the
 * branch were, an owner may do all that they allow. */
static const char sealed[] =
    "access: {rules: [{paths: [\"**\"], roles: [owner]}]}";

static int
seal(struct gv_access_judge *j)
{
	int r;

	gv_buf_addf(&j->unread,
	    "only owners change this branch until one of them mends its "
	    "policy, which cannot be read: %s\n",
	    gv_err_message());
	gv_policy_release(&j->policy);
	if ((r = gv_buf_check(&j->unread)) < 0 ||
	    (r = gv_policy_parse(
		 &j->policy, GV_TEAM_POLICY, sealed, sizeof(sealed) - 1)) < 0)
		return r;
	/* it is on no line of the file */
	j->policy.access.rules[0].line = 0;
	return 0;
}

/* What is accepted here, in the place of a policy that nobody can read: a push
 * that leaves one behind is refused, but it may be from before the hooks.
 * Without a keyring nobody could keep rules. */
static int
stand_in(const struct gv_policy **out, struct gv_access_judge *j)
{
	int r = j->has_ask ? 0 : gv_access_ask_load(&j->ask, j->repo, NULL);

	j->has_ask = true;
	if (r < 0 || j->ask.accepted.access.n_rules == 0)
		return r < 0 || j->who.n == 0 ? r : seal(j);
	*out = &j->ask.accepted;
	return 0;
}

/* The policy of a commit, borrowed until the next call. */
static int
policy_at(const struct gv_policy **out, struct gv_access_judge *j,
    const struct gv_oid *commit)
{
	char *before;
	int r;

	*out = &j->policy;
	if (j->has_policy && gv_oid_equal(&j->policy_of, commit))
		return 0;
	gv_policy_release(&j->policy);
	gv_buf_reset(&j->unread);
	j->has_policy = false;
	before = gv_err_save();
	r = gv_access_policy(&j->policy, j->repo, commit);
	if (r == GV_EREFUSED)
		return gv_err_settle(stand_in(out, j), before);
	if ((r = gv_err_settle(r, before)) < 0)
		return r;
	j->policy_of = *commit;
	j->has_policy = true;
	return 0;
}

static int
tell_fault(struct gv_access_judge *j, const struct gv_access_move *m,
    const char *fault, gv_access_result_fn *fn, void *ctx)
{
	const struct gv_access_result result = { .ref = m->ref,
		.from = m->from,
		.to = m->to,
		.is_whole = m->is_whole,
		.fault = fault };

	(void)j;
	return fn(ctx, &result);
}

static bool
changes_policy(const struct gv_access_changes *changes)
{
	size_t i;

	for (i = 0; i < changes->n; i++)
		if (strcmp(changes->items[i].path, GV_TEAM_POLICY) == 0)
			return changes->items[i].new_mode != 0;
	return false;
}

int
gv_access_judge_law(struct gv_access_judge *j, const struct gv_access_move *m,
    const struct gv_policy *policy, const struct gv_access_changes *changes,
    gv_access_result_fn *fn, void *ctx)
{
	struct gv_policy now = GV_POLICY_INIT;
	char *before;
	int r;

	(void)policy;
	if (!changes_policy(changes))
		return 0;
	before = gv_err_save();
	r = gv_access_policy(&now, j->repo, &m->to);
	gv_policy_release(&now);
	if (r == GV_EREFUSED) {
		r = tell_fault(j, m, gv_err_message(), fn, ctx);
		gv_err_restore(before);
		return r;
	}
	return gv_err_settle(r > 0 ? 0 : r, before);
}

/* ---- steps --------------------------------------------------------------- */

/* Judge the commits of a line one by one, the oldest first. 1 where it is no
 * line from `from` on. */
static int
judge_line(struct gv_access_judge *j, const struct gv_access_move *m,
    gv_access_result_fn *fn, void *ctx)
{
	struct gv_access_move step = { .ref = m->ref, .from = m->from };
	const struct gv_policy *policy;
	struct gv_proc git = GV_PROC_INIT;
	struct gv_oid parent;
	unsigned n_parents;
	const char *p;
	size_t n = 0;
	int r = gv_access_judge_list(
	    &git, &m->from, &m->to, GV_ACCESS_STEPS_MOST + 1, true);

	for (p = git.out.p; r == 0 && p && *p; p += strcspn(p, "\n"), p += 1)
		n++;
	if (r == 0 && n > GV_ACCESS_STEPS_MOST)
		r = gv_err(GV_EREFUSED,
		    "a push of more than %d commits is not judged; push fewer "
		    "at a time",
		    GV_ACCESS_STEPS_MOST);
	/* a line ends with a child of the commit that it began from */
	if (r == 0 && n) {
		p = git.out.p + (n - 1) * (GV_OID_HEX + 1);
		if (gv_oid_parse(&step.to, p) < 0)
			r = gv_err(GV_ECORRUPT, "git rev-list has no id");
		else if ((r = find_parent(&parent, &n_parents, j, &step.to)) ==
			0 &&
		    !gv_oid_equal(&parent, &m->from))
			r = 1;
	}
	while (r == 0 && n--) {
		p = git.out.p + n * (GV_OID_HEX + 1);
		if (gv_oid_parse(&step.to, p) < 0)
			r = gv_err(GV_ECORRUPT, "git rev-list has no id");
		else if ((r = policy_at(&policy, j, &step.from)) == 0)
			r = gv_access_judge_step(j, &step, policy, fn, ctx);
		step.from = step.to;
	}
	gv_proc_release(&git);
	return r;
}

static int
judge_whole(struct gv_access_judge *j, const struct gv_access_move *m,
    const struct gv_oid *by, gv_access_result_fn *fn, void *ctx)
{
	struct gv_access_move whole = *m;
	const struct gv_policy *policy;
	int r = policy_at(&policy, j, by);

	whole.is_whole = true;
	return r < 0 ? r : gv_access_judge_step(j, &whole, policy, fn, ctx);
}

/* ---- a move -------------------------------------------------------------- */

/* 1 where the ref is protected by the policy of a commit; 0; a failure. */
static int
is_protected(
    struct gv_access_judge *j, const char *ref, const struct gv_oid *commit)
{
	const struct gv_policy *policy;
	int r = policy_at(&policy, j, commit);

	return r < 0
	    ? r
	    : gv_access_is_protected(&policy->access, ref, j->head_ref);
}

static int
judge_forward(struct gv_access_judge *j, const struct gv_access_move *m,
    gv_access_result_fn *fn, void *ctx)
{
	const bool is_head = j->head_ref && strcmp(j->head_ref, m->ref) == 0;
	int r = judge_line(j, m, fn, ctx);

	if (r == 1)
		r = judge_whole(j, m, &m->from, fn, ctx);
	if (r == 0 && !is_head && !gv_oid_is_zero(&j->head))
		r = judge_whole(j, m, &j->head, fn, ctx);
	return r;
}

static int
judge_protected(struct gv_access_judge *j, const struct gv_access_move *m,
    gv_access_result_fn *fn, void *ctx)
{
	struct gv_access_move from_head = *m;
	bool is_on = false;
	int r;

	if (gv_oid_is_zero(&m->to))
		return tell_fault(j, m,
		    "the branch is protected by rules of access, and no push "
		    "deletes it",
		    fn, ctx);
	if (gv_oid_is_zero(&m->from)) {
		/* as if it had been made from HEAD, and then moved */
		from_head.from = j->head;
		return judge_whole(j, &from_head, &j->head, fn, ctx);
	}
	if ((r = is_forward(&is_on, &m->from, &m->to)) < 0)
		return r;
	return is_on
	    ? judge_forward(j, m, fn, ctx)
	    : tell_fault(j, m,
		  "the branch is protected by rules of access, and moves "
		  "forward only; to undo a commit: git revert",
		  fn, ctx);
}

/* A name of a branch may stand for another one, which is what moves. */
static int
find_name(struct gv_buf *out, const char *ref)
{
	const char *const argv[] = { "git", "symbolic-ref", "-q", ref, NULL };
	struct gv_proc git = GV_PROC_INIT;
	int r = gv_proc_run(&git, &(struct gv_proc_opts){ .argv = argv });

	if (r == 0 && git.status == 0)
		gv_buf_add(out, git.out.p, strcspn(git.out.p, "\n"));
	else
		gv_buf_addstr(out, ref);
	gv_proc_release(&git);
	return r < 0 ? r : gv_buf_check(out);
}

/* By the policy of the branch, or that of HEAD: a branch that has an old one
 * is not out of reach of the newest. */
static int
judge_named(struct gv_access_judge *j, const struct gv_access_move *m,
    gv_access_result_fn *fn, void *ctx)
{
	const struct gv_policy *also = j->opts.also;
	struct gv_access_move whole = *m;
	int r;

	if ((r = is_protected(j, m->ref, &m->from)) == 0)
		r = is_protected(j, m->ref, &j->head);
	if (r > 0)
		r = judge_protected(j, m, fn, ctx);
	if (r == 0 && also && !gv_oid_is_zero(&m->to) &&
	    gv_access_is_protected(&also->access, m->ref, j->head_ref)) {
		whole.is_whole = true;
		r = gv_access_judge_step(j, &whole, also, fn, ctx);
	}
	return r;
}

int
gv_access_judge_move(struct gv_access_judge *judge, const char *ref,
    const struct gv_oid *old, const struct gv_oid *now, gv_access_result_fn *fn,
    void *ctx)
{
	struct gv_access_move m = { .ref = ref, .from = *old, .to = *now };
	struct gv_buf name = GV_BUF_INIT;
	int r;

	if (gv_oid_equal(old, now) || strncmp(ref, "refs/heads/", 11) != 0)
		return 0;
	if ((r = find_name(&name, ref)) == 0) {
		m.ref = name.p;
		r = judge_named(judge, &m, fn, ctx);
	}
	gv_buf_release(&name);
	return r;
}

int
gv_access_judge_range(struct gv_access_judge *judge, const struct gv_oid *from,
    const struct gv_oid *to, const struct gv_oid *base, gv_access_result_fn *fn,
    void *ctx)
{
	const struct gv_access_move m = { .ref = "", .from = *from, .to = *to };
	int r = judge_line(judge, &m, fn, ctx);

	return r < 0 ? r : judge_whole(judge, &m, base, fn, ctx);
}
