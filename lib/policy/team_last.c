#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "policy/consent.h"
#include "policy/team.h"
#include "policy/team_file.h"
#include "policy/team_internal.h"
#include "repo/repo.h"
#include "sys/file.h"

/* Where nobody sees a failure, a word that is mistyped must not end all saves:
 * the text of the policy that could be read last stays in force. */

#define KEY  "vault.policygoeson"
#define NAME "policy-last"

int
gv_team_go_on(struct gv_repo *repo)
{
	struct gv_config *c = &repo->config;
	size_t cap = c->n;

	if (GV_GROW(c->entries, c->n, cap) < 0)
		return GV_ENOMEM;
	c->entries[c->n++] = (struct gv_config_entry){
		.scope = GV_CONFIG_COMMAND, .key = KEY, .value = "true"
	};
	return 0;
}

bool
gv_team_goes_on(const struct gv_repo *repo)
{
	return gv_config_bool(&repo->config, KEY, false);
}

static int
path_of(struct gv_buf *out, const struct gv_repo *repo)
{
	gv_buf_addf(out, "%s/" NAME, repo->vault_dir);
	return gv_buf_check(out);
}

void
gv_team_remember(struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, now = GV_BUF_INIT, was = GV_BUF_INIT;
	char *before = gv_err_save();
	int r = gv_team_file_read(&now, repo, GV_TEAM_POLICY);

	if (r == GV_ENOTFOUND)
		r = 0; /* a project without a policy is right, too */
	if (r == 0 && path_of(&path, repo) == 0 &&
	    (gv_file_read(&was, AT_FDCWD, path.p, GV_TEAM_FILE_MAX) < 0
		    ? now.len > 0
		    : !gv_buf_equal(&now, &was)))
		(void)gv_file_replace(
		    AT_FDCWD, path.p, now.p, now.len, 0600, false);
	gv_buf_release(&path);
	gv_buf_release(&now);
	gv_buf_release(&was);
	gv_err_restore(before);
}

/* The text that could be read last, if it still can. */
static int
parse_last(struct gv_policy *out, struct gv_buf *text, struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = path_of(&path, repo);

	if (r == 0 &&
	    (gv_file_read(text, AT_FDCWD, path.p, GV_TEAM_FILE_MAX) < 0 ||
		text->len == 0))
		r = GV_ENOTFOUND;
	if (r == 0)
		r = gv_policy_parse(out, GV_TEAM_POLICY, text->p, text->len);
	if (r < 0 && r != GV_ENOMEM) {
		*out = (struct gv_policy)GV_POLICY_INIT;
		gv_buf_reset(text);
		r = 0;
	}
	gv_buf_release(&path);
	return r;
}

/* The command prints it once, at its end. */
static int
notice(struct gv_repo *repo, const char *why, const struct gv_buf *text)
{
	struct gv_repo_notice *n = &repo->notices[GV_CONSENT_POLICY];

	if (n->text)
		return 0;
	gv_consent_name_text(&n->of, why, strlen(why));
	n->is_unreadable = true;
	n->text = strdup(text->p);
	return n->text ? 0 : gv_err_nomem();
}

int
gv_team_load_last(struct gv_policy *out, struct gv_repo *repo, const char *why)
{
	struct gv_buf text = GV_BUF_INIT, note = GV_BUF_INIT;
	int r = parse_last(out, &text, repo);

	if (r == 0) {
		gv_buf_addf(&note, "%s; until the file is fixed, %s", why,
		    text.len ? "the policy that was right last is in force"
			     : "the defaults are in force");
		r = gv_buf_check(&note);
		if (r < 0)
			gv_policy_release(out);
	}
	if (r == 0)
		r = gv_consent_hold(out, repo, text.p, text.len);
	if (r == 0 && (r = notice(repo, why, &note)) < 0)
		gv_policy_release(out);
	gv_buf_release(&text);
	gv_buf_release(&note);
	return r < 0 ? r : 1;
}
