#include "policy/team.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "object/repo_odb.h"
#include "policy/consent.h"
#include "policy/team_file.h"
#include "policy/team_internal.h"
#include "repo/oid.h"
#include "repo/repo.h"

/* Nothing is read of what was read with this result. */
static int
parse(struct gv_policy *out, struct gv_repo *repo, struct gv_buf *text, int r)
{
	if (r == GV_ENOTFOUND)
		gv_buf_reset(text);
	if (r == 0 && text->len)
		r = gv_policy_parse(out, GV_TEAM_POLICY, text->p, text->len);
	if (r == 0 || r == GV_ENOTFOUND)
		r = gv_consent_hold(out, repo, text->p, text->len);
	gv_buf_release(text);
	return r;
}

int
gv_team_load_blob(
    struct gv_policy *out, struct gv_odb *odb, const struct gv_oid *blob)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = 0;

	*out = (struct gv_policy)GV_POLICY_INIT;
	if (!gv_oid_is_zero(blob))
		r = gv_team_file_read_blob(&text, odb, blob, GV_TEAM_POLICY);
	if (r == 0 && text.len)
		r = gv_policy_parse(out, GV_TEAM_POLICY, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

int
gv_team_load_at(
    struct gv_policy *out, struct gv_repo *repo, const struct gv_oid *commit)
{
	struct gv_buf text = GV_BUF_INIT;

	*out = (struct gv_policy)GV_POLICY_INIT;
	return parse(out, repo, &text,
	    gv_team_file_read_at(&text, repo, commit, GV_TEAM_POLICY));
}

int
gv_team_load_tree(
    struct gv_policy *out, struct gv_repo *repo, const struct gv_oid *tree)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_odb *odb;
	int r;

	*out = (struct gv_policy)GV_POLICY_INIT;
	if ((r = gv_repo_odb(repo, &odb)) < 0)
		return r;
	return parse(out, repo, &text,
	    gv_team_file_read_tree(&text, odb, tree, GV_TEAM_POLICY));
}

int
gv_team_load_strict(struct gv_policy *out, struct gv_repo *repo)
{
	struct gv_buf text = GV_BUF_INIT;

	*out = (struct gv_policy)GV_POLICY_INIT;
	return parse(
	    out, repo, &text, gv_team_file_read(&text, repo, GV_TEAM_POLICY));
}

/* Whether the policy in use is that of HEAD. HEAD may have a directory, a link
 * or a file that is too large in its place; none of these can be compared. */
static bool
is_committed(struct gv_repo *repo)
{
	struct gv_buf here = GV_BUF_INIT, there = GV_BUF_INIT;
	int r = gv_team_file_read_at(&there, repo, &repo->head, GV_TEAM_POLICY);
	bool is = r == GV_EREFUSED ||
	    (r == 0 && gv_team_file_read(&here, repo, GV_TEAM_POLICY) == 0 &&
		gv_buf_equal(&here, &there));

	gv_buf_release(&here);
	gv_buf_release(&there);
	return is;
}

int
gv_team_load(struct gv_policy *out, struct gv_repo *repo)
{
	int aside, r = gv_team_load_strict(out, repo);
	char *why;

	if (r == 0 && gv_team_goes_on(repo))
		gv_team_remember(repo);
	/* GV_ERROR: it is a link to a missing file */
	if (r != GV_EREFUSED && r != GV_ERROR)
		return r;
	if ((why = strdup(gv_err_message())) == NULL)
		return gv_err_nomem();
	aside = is_committed(repo) ? gv_consent_stand_in(out, repo, why) : 0;
	if (aside == 0 && gv_team_goes_on(repo))
		aside = gv_team_load_last(out, repo, why);
	if (aside == 0)
		aside = gv_err(r, "%s", why);
	free(why);
	return aside < 0 ? aside : 0;
}
