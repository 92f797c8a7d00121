#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "base/map.h"
#include "config/policy.h"
#include "object/repo_odb.h"
#include "policy/consent_internal.h"
#include "policy/team_file.h"
#include "repo/repo.h"

/*
 * Everybody who can push can add lines to the baseline of `git vault check`,
 * and each line hides a finding. So it is accepted as the policy is, and lines
 * that nobody accepted hide nothing.
 */

/* What cannot be read has none: the command that wants it says why. */
static int
settle(struct gv_consent *out, int r)
{
	struct gv_buf *text = &out->texts[GV_CONSENT_BASELINE];

	out->has[GV_CONSENT_BASELINE] = r == 0;
	if (r < 0)
		gv_buf_reset(text);
	return r == GV_ENOMEM ? r : 0;
}

static int
read_from(struct gv_buf *out, struct gv_repo *repo, const struct gv_oid *tree,
    const char *path)
{
	struct gv_odb *odb;
	int r;

	if (tree == NULL)
		return gv_team_file_read(out, repo, path);
	if ((r = gv_repo_odb(repo, &odb)) < 0)
		return r;
	return gv_team_file_read_tree(out, odb, tree, path);
}

int
gv_consent_read_baseline(
    struct gv_consent *out, struct gv_repo *repo, const struct gv_oid *tree)
{
	const struct gv_buf *text = &out->texts[GV_CONSENT_POLICY];
	struct gv_policy policy = GV_POLICY_INIT;
	char *before = gv_err_save();
	int r = GV_ENOTFOUND;

	if (text->len)
		r = gv_policy_parse(&policy,
		    gv_consent_files[GV_CONSENT_POLICY], text->p, text->len);
	if (r == 0 && policy.lint.baseline)
		r = read_from(&out->texts[GV_CONSENT_BASELINE], repo, tree,
		    policy.lint.baseline);
	else if (r == 0)
		r = GV_ENOTFOUND;
	gv_policy_release(&policy);
	return gv_err_settle(settle(out, r), before);
}

/* ---- which lines count --------------------------------------------------- */

static int
add_accepted(struct gv_buf *out, size_t *waiting, const struct gv_buf *text,
    const struct gv_buf *accepted)
{
	struct gv_map lines = GV_MAP_INIT;
	const char *p = accepted->p, *line;
	size_t n;
	int r = 0;

	while (gv_lines_next(&line, &n, &p, accepted->p + accepted->len))
		if ((r = gv_map_put(&lines, line, n, (void *)accepted)) < 0)
			goto out;
	p = text->p;
	while (gv_lines_next(&line, &n, &p, text->p + text->len)) {
		if (n && *line != '#' && !gv_map_get(&lines, line, n)) {
			++*waiting;
			continue;
		}
		gv_buf_add(out, line, n);
		gv_buf_addch(out, '\n');
	}
	r = gv_buf_check(out);
out:
	gv_map_release(&lines);
	return r;
}

static int
read_present(struct gv_buf *out, struct gv_repo *repo,
    const struct gv_oid *commit, const char *path)
{
	int r = commit ? gv_team_file_read_at(out, repo, commit, path)
		       : gv_team_file_read(out, repo, path);

	return r == GV_ENOTFOUND
	    ? gv_err(GV_EREFUSED,
		  "the file '%s' that check.baseline in .gitvault.yaml names "
		  "does not exist; to write it: git vault check "
		  "--write-baseline %s",
		  path, path)
	    : r;
}

int
gv_consent_baseline(struct gv_buf *out, size_t *waiting, struct gv_repo *repo,
    const struct gv_policy *policy, const struct gv_oid *commit)
{
	const char *path = policy->is_lint_double ? policy->lint_also.baseline
						  : policy->lint.baseline;
	struct gv_consent accepted = { .from = GV_CONSENT_NOBODY };
	struct gv_buf text = GV_BUF_INIT;
	int r;

	*waiting = 0;
	if (path == NULL)
		return 0;
	if ((r = read_present(&text, repo, commit, path)) < 0 ||
	    (r = gv_consent_load(&accepted, repo)) < 0)
		goto out;
	if (accepted.from == GV_CONSENT_HERE) {
		gv_buf_add(out, text.p, text.len);
		r = gv_buf_check(out);
	} else {
		r = add_accepted(
		    out, waiting, &text, &accepted.texts[GV_CONSENT_BASELINE]);
	}
out:
	gv_buf_release(&text);
	gv_consent_release(&accepted);
	return r;
}
