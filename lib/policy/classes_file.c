#include <fcntl.h>

#include "base/err.h"
#include "config/policy.h"
#include "policy/classes.h"
#include "policy/team.h"
#include "repo/repo.h"
#include "sys/file.h"

#define LIMIT ((size_t)4 * 1024 * 1024)
#define NAME  "classes"

int
gv_classes_load(struct gv_classes *out, struct gv_repo *repo)
{
	struct gv_policy policy = GV_POLICY_INIT;
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_team_load(&policy, repo);

	if (r == 0)
		r = gv_classes_text(&text, &policy.snapshots,
		    gv_config_bool(&repo->config, "core.ignorecase", false));
	if (r < 0)
		(void)gv_classes_read(out, "", 0);
	else
		r = gv_classes_read(out, text.p, text.len);
	gv_policy_release(&policy);
	gv_buf_release(&text);
	return r;
}

int
gv_classes_leave(const struct gv_repo *repo, const struct gv_buf *text)
{
	struct gv_buf path = GV_BUF_INIT, was = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/" NAME, repo->vault_dir);
	if ((r = gv_buf_check(&path)) < 0 || (r = gv_buf_check(text)) < 0)
		goto out;
	if (!gv_file_exists(AT_FDCWD, path.p)) {
		if (text->len == 0)
			goto out;
	} else if (gv_file_read(&was, AT_FDCWD, path.p, LIMIT) == 0 &&
	    gv_buf_equal(&was, text)) {
		goto out;
	}
	r = gv_file_replace(
	    AT_FDCWD, path.p, text->p ? text->p : "", text->len, 0600, false);
out:
	gv_buf_release(&path);
	gv_buf_release(&was);
	return r;
}

int
gv_classes_find(struct gv_classes *out, const char *git_dir)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *before = gv_err_save();
	int r;

	gv_buf_addf(&path, "%s/vault/" NAME, git_dir);
	if ((r = gv_buf_check(&path)) == 0 &&
	    gv_file_read(&text, AT_FDCWD, path.p, LIMIT) < 0)
		gv_buf_reset(&text);
	if (gv_classes_read(out, text.p, text.len) == GV_ENOMEM)
		r = GV_ENOMEM;
	gv_buf_release(&path);
	gv_buf_release(&text);
	gv_err_restore(before);
	return r == GV_ENOMEM ? r : 0;
}
